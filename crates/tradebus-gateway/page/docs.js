// The description of the API for people: /openapi.json, a card for each group of routes.

import { get } from "./api.js";
import { h } from "./dom.js";

const METHODS = ["get", "post"];

/** The routes of a description, by the group that they name first. */
function groups(description) {
  const found = new Map();
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const method of METHODS.filter((name) => methods[name])) {
      const route = { path, method, ...methods[method] };
      const name = route.tags?.[0] ?? "other";
      found.set(name, [...(found.get(name) ?? []), route]);
    }
  }
  return found;
}

function schema(description, named) {
  const name = named?.$ref?.split("/").pop();
  return name ? description.components.schemas[name] : named;
}

/** A sentence in which `backticks` stand around what is to be typed. */
const prose = (sentence) => (sentence ?? "").split("`").map((part, i) => (i % 2 ? h("code.mono", null, part) : part));

/** The type of a value in a word or two. */
function type(value) {
  const given = value?.type ?? value?.oneOf?.map(type) ?? "any";
  return [given].flat().filter((word) => word !== "null").join(" or ") || "any";
}

function fields(description, body) {
  const described = schema(description, body?.content?.["application/json"]?.schema);
  return Object.entries(described?.properties ?? {}).map(([name, value]) => ({
    name,
    where: "body",
    type: type(schema(description, value)),
    required: described.required?.includes(name),
    about: value.description,
  }));
}

function parameters(description, route) {
  const given = (route.parameters ?? []).map((it) => ({
    name: it.name, where: it.in, type: type(it.schema), required: it.required, about: it.description,
  }));
  return [...given, ...fields(description, route.requestBody)];
}

function inputs(rows) {
  if (rows.length === 0) return null;
  const line = (row) =>
    h(
      "tr", null, h("th.mono", { scope: "row" }, row.name), h("td", null, row.where), h("td", null, row.type),
      h("td", null, row.required ? "needed" : ""), h("td", null, prose(row.about)),
    );
  const heads = ["Name", "In", "Type", "", "Meaning"].map((name) => h("th", { scope: "col" }, name));
  return h(
    "div.scroll", { tabindex: "0", role: "region", "aria-label": "What it takes" },
    h("table", null, h("thead", null, h("tr", null, heads)), h("tbody", null, rows.map(line))),
  );
}

function answers(responses) {
  const line = ([status, answer]) => h("li", null, h("b", null, status), h("span", null, prose(answer.description || "As it says")));
  return h("ul.log", null, Object.entries(responses ?? {}).map(line));
}

function routeCard(description, route) {
  return h(
    "details", { id: route.operationId },
    h("summary", null, h("b.mono", null, `${route.method.toUpperCase()} ${route.path}`), " ", prose(route.summary)),
    route.description ? h("p.note", null, prose(route.description)) : null,
    inputs(parameters(description, route)),
    h("h4", null, "Answers"),
    answers(route.responses),
  );
}

function draw(description) {
  const cards = [...groups(description)].map(([name, routes]) =>
    h("section.card", { "aria-label": name }, h("div.head", null, h("h2", null, name)), routes.map((route) => routeCard(description, route))),
  );
  document.getElementById("routes").replaceChildren(h("p", null, prose(description.info.description)), ...cards);
}

get("/openapi.json").then(draw, (problem) => {
  document.getElementById("routes").replaceChildren(h("p", { role: "alert" }, problem.message));
});
