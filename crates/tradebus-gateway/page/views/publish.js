// Publishing one message by hand.

import { explain, post } from "../api.js";
import { card, field, h, select, show, text } from "../dom.js";
import { clock } from "../format.js";

export function publish(root) {
  const query = new URLSearchParams(location.hash.split("?")[1] ?? "");
  const topic = h("input#pub-topic", { type: "text", required: true, maxlength: "255", autocomplete: "off", spellcheck: "false", value: query.get("topic") ?? "" });
  const priority = select({ id: "pub-priority" }, [["critical", "critical"], ["high", "high"], ["normal", "normal"], ["low", "low"]], "normal");
  const type = h("input#pub-type", { type: "text", autocomplete: "off", spellcheck: "false", placeholder: "QuoteTick" });
  const form = select({ id: "pub-form" }, [["json", "JSON"], ["text", "text"]], "json");
  const payload = h("textarea#pub-payload", { rows: "8", spellcheck: "false" });
  payload.value = "{\n  \"hello\": \"desk\"\n}";
  const wrong = h("p.problem#pub-payload-problem", { role: "alert", hidden: true });
  const headers = h("textarea#pub-headers", { rows: "2", spellcheck: "false", placeholder: "source: desk-3" });
  const ttl = h("input#pub-ttl", { type: "number", min: "1", step: "1", inputmode: "numeric" });
  const delay = h("input#pub-delay", { type: "number", min: "0", step: "1", inputmode: "numeric" });
  const send = h("button.primary#pub-send", { type: "submit" }, "Publish");
  const result = h("p.problem#pub-problem", { role: "alert", hidden: true });
  const done = h("ol.log#pub-done", { "aria-live": "polite" });
  const node = h("form#publish.form", { novalidate: false },
    field("Topic", topic, "No blanks, no * and no ?; at most 255 bytes."),
    h("div.row", null, field("Priority", priority), field("Type", type), field("Expires after, ms", ttl), field("Delay, ms", delay)),
    h("div.row.between", null, h("label", { for: "pub-payload" }, "Payload"), h("label.inline", null, "as ", form)), payload, wrong,
    field("Headers", headers, "One a line, as name: value."),
    h("div.row", null, send), result);
  root.append(card("card-publish", "Publish a message", null, node), card("card-published", "Published from this page", null, done, h("p.note", null, "The form keeps what you wrote.")));

  /** What is wrong with the payload, or null. */
  function flaw() {
    if (form.value !== "json") return null;
    try {
      JSON.parse(payload.value);
      return null;
    } catch (error) {
      return `This is not JSON: ${error.message}.`;
    }
  }

  function check() {
    const why = flaw();
    text(wrong, why ?? "");
    show(wrong, why !== null);
    payload.setAttribute("aria-invalid", String(why !== null));
    return why === null;
  }
  payload.addEventListener("change", check);
  // What is told goes as soon as it is put right: if it went with the click, the button would move away from under it.
  payload.addEventListener("input", () => wrong.hidden || check());
  form.addEventListener("change", check);

  function readHeaders() {
    const found = {};
    for (const line of headers.value.split("\n").filter((one) => one.trim())) {
      const colon = line.indexOf(":");
      if (colon < 1) throw new Error(`The header line “${line.trim()}” is not name: value.`);
      found[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
    }
    return Object.keys(found).length ? found : undefined;
  }

  /** The payload goes as it was written: parsing it would change numbers such as 1.50. */
  function body() {
    const rest = {
      topic: topic.value, priority: priority.value, type: type.value || undefined, headers: readHeaders(),
      ttl_ms: ttl.value ? Number(ttl.value) : undefined, delay_ms: delay.value ? Number(delay.value) : undefined,
    };
    if (form.value === "text") return JSON.stringify({ ...rest, payload_text: payload.value });
    return `${JSON.stringify(rest).slice(0, -1)},"payload":${payload.value}}`;
  }

  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    show(result, false);
    if (!check()) {
      payload.focus();
      return;
    }
    send.disabled = true;
    try {
      const { results } = await post("/api/v1/messages?wait=stored", body());
      const one = results[0];
      done.prepend(h("li", null, h("time", null, clock(Date.now())), h("span", null, one.topic, " is stored as ", h("b.mono", { "data-test": "pub-id" }, one.id), one.stream ? ` in ${one.stream}` : "", ".")));
      while (done.childElementCount > 20) done.lastChild.remove();
    } catch (error) {
      const inner = error.body?.results?.find((entry) => entry.error);
      text(result, inner ? `${explain(error)} ${typeof inner.error === "string" ? inner.error : (inner.error.message ?? "")}` : explain(error));
      show(result, true);
    }
    send.disabled = false;
  });

  return {
    enter(search) {
      if (search.get("topic")) topic.value = search.get("topic");
    },
  };
}
