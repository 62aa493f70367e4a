// Keeps an open page up to date from the live feed, and filters lists. Pages work without it, then without news.
"use strict";

(function () {
  const page = document.querySelector("[data-feed]");
  if (page) {
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
  }

  function connection(isUp, words) {
    text("[data-connection]", words);
    document.querySelector("[data-live]")?.classList.toggle("tl-live--up", isUp);
    document.querySelector("[data-lost]")?.toggleAttribute("hidden", isUp);
  }

  function show(news) {
    const counts = { added: 0, changed: 0, removed: 0 };
    for (const list of page.querySelectorAll("[data-list]")) {
      const name = list.dataset.list;
      removeOthers(list, new Set(news.keep[name] || []), counts);
      news.items.filter((item) => item.list === name).forEach((item) => put(list, item, counts));
      const empty = page.querySelector(`[data-empty="${name}"]`);
      empty?.toggleAttribute("hidden", list.children.length > 0);
    }
    Object.entries(news.parts).forEach(([name, html]) => replacePart(name, html));
    text("[data-as-of]", news.asOf);
    say(counts);
    page.dispatchEvent(new Event("changed"));
  }

  function removeOthers(list, keep, counts) {
    for (const entry of [...list.children]) {
      if (keep.has(entry.dataset.key)) continue;
      if (entry.contains(document.activeElement)) page.focus({ preventScroll: true });
      entry.remove();
      counts.removed += counted(list);
    }
  }

  function put(list, item, counts) {
    const old = [...list.children].find((entry) => entry.dataset.key === item.key);
    const entry = document.createElement("li");
    entry.dataset.key = item.key;
    entry.dataset.order = item.order;
    entry.innerHTML = item.html; // escaped by the server, value by value
    if (old?.innerHTML.trim() === entry.innerHTML.trim()) return;
    counts[old ? "changed" : "added"] += counted(list);
    entry.classList.add("tl-arrived");
    if (old) keepPlace(old, entry);
    else insert(list, entry);
  }

  // Which list's changes are told aloud: on the caseload page the changes, not the persons they are about.
  function counted(list) {
    return list.dataset.list === "clients" ? 0 : 1;
  }

  function keepPlace(old, entry) {
    const isOpen = old.querySelector("details")?.open;
    const tag = old.contains(document.activeElement) ? document.activeElement.tagName : null;
    old.replaceWith(entry);
    const details = entry.querySelector("details");
    if (details && isOpen) details.open = true;
    if (tag) entry.querySelector(tag)?.focus({ preventScroll: true });
  }

  function insert(list, entry) {
    const isDescending = list.dataset.direction === "descending";
    const follows = (other) =>
      isDescending ? other.dataset.order < entry.dataset.order : other.dataset.order > entry.dataset.order;
    list.insertBefore(entry, [...list.children].find(follows) || null);
  }

  function replacePart(name, html) {
    const part = page.querySelector(`[data-part="${name}"]`);
    const fresh = document.createElement("div");
    fresh.innerHTML = html; // escaped by the server, value by value
    if (part && part.innerHTML.trim() !== fresh.innerHTML.trim()) part.replaceChildren(...fresh.childNodes);
  }

  function say({ added, changed, removed }) {
    const told = [
      added && `${added} new`,
      changed && `${changed} changed`,
      removed && page.dataset.page === "person" && `${removed} removed`,
    ].filter(Boolean);
    if (told.length) text("[data-said]", `Just now: ${told.join(", ")}.`);
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
    let shown = 0;
    for (const entry of list.children) {
      const content = entry.textContent.toLocaleLowerCase();
      entry.hidden = !words.every((word) => content.includes(word));
      shown += entry.hidden ? 0 : 1;
    }
    text("[data-filter-said]", words.length ? `${shown} of ${list.children.length} shown` : "");
  }

  function text(selector, words) {
    for (const element of document.querySelectorAll(selector)) {
      if (element.textContent !== words) element.textContent = words;
    }
  }
})();
