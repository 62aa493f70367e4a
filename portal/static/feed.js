// Keeps an open page up to date from the live feed, and filters lists. Pages work without it, then without news.
//
// A list marked data-calm does not move under whoever is in it by pointer or focus: what changes there changes in its
// place, what goes leaves an empty place, and what is new or stands elsewhere waits behind a button.
"use strict";

(function () {
  const page = document.querySelector("[data-feed]");
  const SAY_MILLISECONDS = 5000;
  const waiting = new Map();
  let unsaid = 0;
  let silent = false;
  if (page) {
    page.querySelector("[data-waiting-show]")?.addEventListener("click", showWaiting);
    filterLists();
    follow();
  }

  function follow() {
    const query = new URLSearchParams({ seq: page.dataset.seq, standing: page.dataset.standing });
    const separator = page.dataset.feed.includes("?") ? "&" : "?";
    const source = new EventSource(`${page.dataset.feed}${separator}${query}`);
    source.addEventListener("open", () => connection(true, "Live"));
    source.addEventListener("page", (event) => show(JSON.parse(event.data)));
    source.addEventListener("gone", () => {
      source.close();
      clear();
    });
    source.addEventListener("error", () => {
      const closed = source.readyState === EventSource.CLOSED;
      connection(false, "Not connected");
      text("[data-lost-remedy]", closed ? "Please load the page again." : "Trying to connect again.");
    });
    // A page that is left ends its stream at once, so that the server need not find out by writing.
    window.addEventListener("pagehide", () => source.close());
    // One that the browser kept and shows again has missed what was taken back meanwhile.
    window.addEventListener("pageshow", (event) => event.persisted && location.reload());
  }

  function connection(isUp, words) {
    text("[data-connection]", words);
    document.querySelector("[data-live]")?.classList.toggle("tl-live--up", isUp);
    document.querySelector("[data-lost]")?.toggleAttribute("hidden", isUp);
  }

  function show(news) {
    const counts = { added: 0, changed: 0, removed: 0 };
    const told = signals([page]);
    const anchor = anchored();
    for (const list of page.querySelectorAll("[data-list]")) {
      const name = list.dataset.list;
      const kept = new Set(news.keep[name] || []);
      removeOthers(list, kept, counts);
      news.items.filter((item) => item.list === name).forEach((item) => put(list, item, counts));
      page.querySelector(`[data-empty="${name}"]`)?.toggleAttribute("hidden", kept.size > 0);
      page.querySelector(`[data-with="${name}"]`)?.toggleAttribute("hidden", kept.size === 0);
    }
    Object.entries(news.parts).forEach(([name, html]) => replacePart(name, html));
    text("[data-as-of]", news.asOf);
    offerWaiting();
    say(counts, [...signals([page])].filter((id) => !told.has(id)).length);
    page.dispatchEvent(new Event("changed"));
    anchor();
  }

  // Ids of the signals on the page and behind the button.
  function signals(roots) {
    const held = [...waiting.values()].map(({ item }) => made(item));
    const found = [...roots, ...held].flatMap((root) => [...root.querySelectorAll("[data-signal]")]);
    return new Set(found.map((element) => element.dataset.signal));
  }

  function isBusy(list) {
    return "calm" in list.dataset && (list.matches(":hover") || list.contains(document.activeElement));
  }

  // Keeps the row under the pointer or focus where it is on the screen, whatever grows above it.
  function anchored() {
    const row = page.querySelector("[data-calm] > li:focus-within") || page.querySelector("[data-calm] > li:hover");
    const before = row?.getBoundingClientRect().top;
    // A page that becomes shorter would scroll.
    page.style.minHeight = row ? `${page.getBoundingClientRect().height}px` : "";
    return () => row?.isConnected && window.scrollBy(0, row.getBoundingClientRect().top - before);
  }

  function removeOthers(list, keep, counts) {
    const isCalm = isBusy(list);
    for (const [key, { list: its }] of waiting) if (its === list && !keep.has(key)) waiting.delete(key);
    for (const entry of [...list.children]) {
      if (keep.has(entry.dataset.key) || (isCalm && "gone" in entry.dataset)) continue;
      counts.removed += counted();
      const height = entry.getBoundingClientRect().height;
      if (entry.contains(document.activeElement)) focusBeside(entry);
      if (isCalm) entry.replaceWith(emptyPlace(height));
      else entry.remove();
    }
  }

  function focusBeside(entry) {
    const rows = [entry.nextElementSibling, entry.previousElementSibling];
    const link = rows.map((row) => row?.querySelector("a")).find(Boolean);
    (link || page).focus({ preventScroll: true });
  }

  function emptyPlace(height) {
    const place = document.createElement("li");
    place.dataset.gone = "";
    place.className = "tl-gone";
    place.style.minHeight = `${height}px`;
    place.textContent = "No longer listed";
    return place;
  }

  function made(item) {
    const entry = document.createElement("li");
    entry.dataset.key = item.key;
    entry.dataset.order = item.order;
    entry.innerHTML = item.html; // escaped by the server, value by value
    return entry;
  }

  function put(list, item, counts) {
    const old = [...list.children].find((entry) => entry.dataset.key === item.key);
    const entry = made(item);
    const isMoved = old && old.dataset.order !== item.order;
    const isSame = old && !isMoved && old.innerHTML.trim() === entry.innerHTML.trim();
    waiting.delete(item.key);
    if (isSame) return;
    counts[old ? "changed" : "added"] += counted();
    entry.classList.add("tl-arrived");
    const isCalm = isBusy(list);
    if (old) keepPlace(old, entry, isCalm);
    if (isCalm && isMoved) entry.dataset.order = old.dataset.order;
    if (isCalm && (!old || isMoved)) waiting.set(item.key, { list, item });
    else if (!old || (isMoved && !entry.contains(document.activeElement))) insert(list, entry);
  }

  function offerWaiting() {
    for (const list of page.querySelectorAll("[data-calm]")) if (!isBusy(list)) settle(list);
    const bar = page.querySelector("[data-waiting]");
    if (!bar) return;
    bar.hidden = waiting.size === 0;
    text("[data-waiting-show]", `${waiting.size} ${waiting.size === 1 ? "update" : "updates"} – show`);
  }

  function showWaiting() {
    const first = [...waiting.keys()][0];
    page.querySelectorAll("[data-calm]").forEach(settle);
    page.querySelector("[data-waiting]").hidden = true;
    page.dispatchEvent(new Event("changed"));
    const row = [...page.querySelectorAll("[data-calm] > li")].find((entry) => entry.dataset.key === first);
    (row?.querySelector("a") || page).focus();
  }

  // What waited takes its place, and empty places close.
  function settle(list) {
    list.querySelectorAll("[data-gone]").forEach((place) => place.remove());
    for (const entry of list.children) entry.style.minHeight = "";
    for (const [key, { list: its, item }] of [...waiting]) {
      if (its !== list) continue;
      waiting.delete(key);
      const old = [...list.children].find((entry) => entry.dataset.key === key);
      const entry = old || made(item);
      entry.dataset.order = item.order;
      entry.classList.add("tl-arrived");
      insert(list, entry);
    }
  }

  // Which list's changes are told aloud: on the caseload page none, there new signals are.
  function counted() {
    return page.dataset.page === "person" ? 1 : 0;
  }

  function keepPlace(old, entry, isCalm) {
    const opened = [...old.querySelectorAll("details")].filter((details) => details.open).map(nameIn(old));
    const focused = old.contains(document.activeElement) ? nameIn(old)(document.activeElement) : null;
    if (isCalm) entry.style.minHeight = `${old.getBoundingClientRect().height}px`;
    old.replaceWith(entry);
    const all = [...entry.querySelectorAll("*")];
    const named = (name) => all.find((element) => nameIn(entry)(element) === name);
    for (const name of opened) if (named(name)) named(name).open = true;
    if (focused) (named(focused) || entry.querySelector("a, summary") || page).focus({ preventScroll: true });
  }

  // Tells an element of an entry from its likes, also in the entry's next version.
  function nameIn(entry) {
    return (element) => {
      const scope = element.closest("[data-signal]") || entry;
      const likes = [...scope.querySelectorAll(element.tagName)];
      return `${scope.dataset.signal || ""} ${element.tagName} ${likes.indexOf(element)}`;
    };
  }

  function insert(list, entry) {
    const isDescending = list.dataset.direction === "descending";
    const follows = (other) =>
      isDescending ? other.dataset.order < entry.dataset.order : other.dataset.order > entry.dataset.order;
    const others = [...list.children].filter((other) => other !== entry);
    list.insertBefore(entry, others.find(follows) || null);
  }

  function replacePart(name, html) {
    const part = page.querySelector(`[data-part="${name}"]`);
    const fresh = document.createElement("div");
    fresh.innerHTML = html; // escaped by the server, value by value
    if (part && part.innerHTML.trim() !== fresh.innerHTML.trim()) part.replaceChildren(...fresh.childNodes);
  }

  function say({ added, changed, removed }, newSignals) {
    if (page.dataset.page !== "person") return saySignals(newSignals);
    const told = [added && `${added} new`, changed && `${changed} changed`, removed && `${removed} removed`].filter(Boolean);
    if (told.length) text("[data-said]", `Just now: ${told.join(", ")}.`);
  }

  // Many signals in a short time are told together.
  function saySignals(count) {
    unsaid += count;
    if (!unsaid || silent) return;
    text("[data-said]", `Just now: ${unsaid} new ${unsaid === 1 ? "signal" : "signals"}.`);
    unsaid = 0;
    silent = true;
    setTimeout(() => {
      silent = false;
      saySignals(0);
    }, SAY_MILLISECONDS);
  }

  // The person is no longer on this caseload: nothing of the page may stay, not even its history entry's content.
  function clear() {
    document.title = "Throughline";
    const title = document.createElement("h1");
    title.className = "tl-title";
    title.textContent = "This page is closed";
    const line = document.createElement("p");
    line.className = "tl-lead";
    line.setAttribute("role", "alert");
    line.textContent = "The person is no longer on your caseload, or you are signed out.";
    const back = document.createElement("a");
    back.className = "usa-link";
    back.href = "/";
    back.textContent = "My caseload";
    page.replaceChildren(title, line, back);
    // Nor who read it: the device may be shared, and nobody may be signed in any more.
    document.querySelector(".tl-user")?.remove();
    document.querySelector(".tl-sign-out")?.remove();
  }

  function filterLists() {
    for (const input of page.querySelectorAll("[data-filter]")) {
      const filter = () => filterList(page.querySelector(`[data-list="${input.dataset.filter}"]`), input.value);
      input.addEventListener("input", filter);
      input.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        input.value = "";
        filter();
      });
      page.addEventListener("changed", filter);
    }
  }

  function filterList(list, wanted) {
    const words = wanted.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const entries = [...list.children].filter((entry) => !("gone" in entry.dataset));
    let shown = 0;
    for (const entry of entries) {
      const content = entry.textContent.toLocaleLowerCase();
      entry.hidden = !words.every((word) => content.includes(word));
      shown += entry.hidden ? 0 : 1;
    }
    text("[data-filter-said]", words.length ? `${shown} of ${entries.length} shown` : "");
  }

  function text(selector, words) {
    for (const element of document.querySelectorAll(selector)) {
      if (element.textContent !== words) element.textContent = words;
    }
  }
})();
