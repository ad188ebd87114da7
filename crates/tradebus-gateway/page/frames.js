// Drawing: at most once a frame, and not while nobody sees the page.

const due = new Set();
let asked = false;

function run() {
  asked = false;
  if (document.hidden) return;
  const work = [...due];
  due.clear();
  for (const draw of work) draw();
}

/** Calls `draw` once before the next frame; the same function is not called twice. */
export function schedule(draw) {
  due.add(draw);
  if (asked || document.hidden) return;
  asked = true;
  requestAnimationFrame(run);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && due.size) {
    asked = true;
    requestAnimationFrame(run);
  }
});
