// A line without axes, as large as its canvas.

import { color } from "./palette.js";

/** `ceiling` is the least value that the top stands for. */
export function spark(canvas, values, ceiling = 0) {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (!width || document.hidden) return;
  const ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  let most = ceiling;
  for (const value of values) if (value > most) most = value;
  pen.strokeStyle = color("--accent");
  pen.lineWidth = 1.25;
  pen.lineJoin = "round";
  pen.beginPath();
  const step = (width - 2) / Math.max(1, values.length - 1);
  let down = false;
  for (let i = 0; i < values.length; i += 1) {
    if (Number.isNaN(values[i])) {
      down = false;
      continue;
    }
    const y = height - 1.5 - (most ? values[i] / most : 0) * (height - 3);
    if (down) pen.lineTo(1 + i * step, y);
    else pen.moveTo(1 + i * step, y);
    down = true;
  }
  pen.stroke();
}
