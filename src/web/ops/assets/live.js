// What the pages do by themselves. Every page works without it: links, forms, reloads.
// It knows no page, only marks in the HTML that the server wrote:
//   body[data-stream="URL"]   events `line`, `part` and `badge` come from there
//   [data-lines]              a list that takes new lines below the heading of their day (data-day)
//   [data-empty]              says that the list has no line
//   form[data-in-place]       its answer replaces the row that it stands in
//   button[data-copy="ID"]    copies that field
//   button[data-as-is="…"]    says so while the form's amount stands as the server wrote it
"use strict";

// In a template a row of a table stays one, without its table.
const nodes = (html) => [...new DOMParser().parseFromString(`<template>${html}</template>`, "text/html").querySelector("template").content.children];

// A form is sent once. The server has the last word: the second press shows the first's outcome.
document.addEventListener("submit", (event) => {
  const { target: form, submitter: button } = event;
  if (form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  button?.setAttribute("aria-disabled", "true");
  if (form.hasAttribute("data-in-place")) {
    event.preventDefault();
    sendInPlace(form, button);
  }
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
  }
});

// A button that names an amount does so only while that is what would be sent.
for (const button of document.querySelectorAll("button[data-as-is]")) {
  const { amount } = button.form.elements;
  const plain = button.textContent;
  const show = () => { button.textContent = amount.value.trim() === amount.defaultValue ? button.dataset.asIs : plain; };
  amount.addEventListener("input", show);
  addEventListener("pageshow", show);
  show();
}

async function sendInPlace(form, button) {
  const row = form.closest("li, tr");
  const plainly = () => form.submit(); // the page's own way; the token makes it safe to repeat
  try {
    const body = new URLSearchParams(new FormData(form, button));
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Part": "row" } });
    if (!answer.ok || answer.redirected || !row) return plainly();
    const [fresh] = nodes(await answer.text());
    row.replaceWith(fresh);
    fresh.tabIndex = -1;
    fresh.focus();
  } catch {
    plainly();
  }
}

// One stream a page, and none while nobody looks: browsers allow six a host over HTTP/1.1.
const where = document.body.dataset.stream;
let stream, last, pause = 2_000;
function listen() {
  if (!where || stream) return;
  const url = new URL(where, location);
  if (last) url.searchParams.set("after", last);
  stream = new EventSource(url); // reconnects by itself, with Last-Event-ID
  const on = (name, act) => stream.addEventListener(name, (event) => { last = event.lastEventId || last; act(event.data); });
  on("line", takeLine);
  on("part", takePart);
  on("badge", showBadge);
  stream.onopen = () => { pause = 2_000; follows(true); };
  stream.onerror = () => {
    follows(false);
    if (stream.readyState !== EventSource.CLOSED) return; // a broken line: the browser tries by itself
    stream = undefined; // an answer like 503, or the sign-in page
    setTimeout(() => document.hidden || listen(), pause);
    pause = Math.min(pause * 2, 60_000);
  };
}
function follows(yes) {
  const said = document.querySelector("[data-follows]");
  if (!said) return;
  said.hidden = false;
  said.textContent = yes ? said.dataset.follows : said.dataset.not;
}
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return listen();
  stream?.close();
  stream = undefined;
});
listen();

function showBadge(count) {
  for (const badge of document.querySelectorAll("[data-badge]")) {
    badge.firstChild.textContent = count;
    badge.hidden = count === "0";
  }
}

// A new line stands there at once, unless somebody is reading: then a bar says so, and nothing moves under a finger.
// The list is looked up each time: a `part` may have replaced it.
const lines = () => document.querySelector("[data-lines]");
const bar = document.querySelector("[data-fresh]");
const waiting = [];
let whole; // a list that is to take the place of the one that is read
const isReading = () => scrollY > 200 || lines()?.matches(":hover, :focus-within");

function takePart(html) {
  for (const part of nodes(html)) {
    if (!part.matches("[data-lines]")) {
      document.getElementById(part.id)?.replaceWith(part);
      continue;
    }
    waiting.length = 0; // they are in it
    whole = part;
    isReading() ? offer("New lines: show them") : showLines();
  }
}
function takeLine(html) {
  if (!lines()) return;
  // One that stands or waits there is sent again, where a transaction was still open when the page was made.
  const known = (line) => [...waiting, ...(whole?.children ?? [])].some(({ id }) => id === line.id);
  waiting.push(...nodes(html).filter((line) => !document.getElementById(line.id) && !known(line)));
  if (!waiting.length) return;
  if (!isReading()) return showLines();
  const count = waiting.length === 1 ? "1 new line: show it" : `${waiting.length} new lines: show them`;
  offer(whole ? "New lines: show them" : count);
}
function offer(text) {
  bar.textContent = text;
  bar.hidden = false;
  document.querySelector("[data-fresh-says]").textContent = text;
}
function showLines() {
  if (whole) lines().replaceWith(whole);
  whole = undefined;
  for (const line of waiting.splice(0)) {
    if (document.getElementById(line.id)) continue;
    line.classList.add("arrived");
    dayOf(line).after(line);
  }
  document.querySelector("[data-empty]")?.remove();
  bar.hidden = true;
  document.querySelector("[data-fresh-says]").textContent = "";
}
// The heading of a line's day; a day that is new gets one, and what was called today is not any more.
function dayOf({ dataset }) {
  const days = [...lines().querySelectorAll(".day")];
  const is = days.find((day) => day.dataset.day === dataset.day);
  if (is) return is;
  const fresh = document.createElement("li");
  fresh.className = "day";
  fresh.dataset.day = dataset.day;
  fresh.textContent = dataset.called;
  const older = days.find((day) => day.dataset.day < dataset.day);
  older ? older.before(fresh) : lines().append(fresh);
  if (older === days[0]) for (const day of days) day.textContent = day.dataset.name;
  return fresh;
}
bar?.addEventListener("click", (event) => {
  event.preventDefault();
  showLines();
  scrollTo({ top: 0 });
});

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    await navigator.clipboard?.writeText(field.value);
    button.textContent = "Copied";
  });
}

for (const said of document.querySelectorAll("[data-picked]")) {
  const form = said.closest("form");
  form.addEventListener("change", () => {
    const picked = form.querySelectorAll("[name=order]:checked").length;
    said.closest(".bulk").classList.toggle("picked", picked > 0);
    said.textContent = picked ? `${picked} picked:` : "Pick orders, then";
  });
}

// form[data-example]: how what is being written would be read stands beside it, some moments behind.
for (const form of document.querySelectorAll("form[data-example]")) {
  let turn = 0, timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const mine = ++turn;
      const body = new URLSearchParams(new FormData(form));
      body.set("look", "1");
      try {
        const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Part": "row" } });
        if (answer.ok && !answer.redirected && mine === turn) takePart(await answer.text());
      } catch { /* the next key asks again, and so does the button */ }
    }, 700);
  });
}
