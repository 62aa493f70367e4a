// A page's list by keyboard: people of the worklist, records of a person. Single keys do nothing in fields, and nothing at all while they are switched off.
"use strict";

(function () {
  const STORED = "throughline-single-keys";
  const OPENED = "throughline-opened";
  const bar = document.querySelector("[data-keys]");
  const dialog = document.querySelector("[data-keys-dialog]");
  const toggle = document.querySelector("[data-keys-on]");
  const list = document.querySelector("[data-list=clients], [data-list=timeline]");
  const field = document.querySelector("[data-filter=clients]");
  if (!bar) return;

  bar.hidden = false;
  toggle.checked = remembered("localStorage", STORED) !== "off";
  toggle.addEventListener("change", () => remember("localStorage", STORED, toggle.checked ? "on" : "off"));
  document.querySelector("[data-keys-show]").addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || dialog.open) return;
    const act = arrows(event) || singleKeys(event);
    if (!act) return;
    event.preventDefault();
    act();
  });
  closeFiltersWhereNarrow();
  comeBack();

  // Arrows scroll the page as ever, but for whoever is in the list already.
  function arrows({ key }) {
    const isIn = field && list.contains(document.activeElement) && document.activeElement.tagName !== "SUMMARY";
    return isIn && { ArrowDown: () => move(1), ArrowUp: () => move(-1) }[key];
  }

  function singleKeys({ key }) {
    if (!toggle.checked || document.activeElement?.closest("input, select, textarea, [contenteditable]")) return null;
    const act = { j: () => move(1), k: () => move(-1), "/": field && (() => field.focus()), "?": () => dialog.showModal() };
    return act[key];
  }

  function move(step) {
    const links = [...list.querySelectorAll(`:scope > li:not([hidden]) ${field ? ".tl-client__name" : ".tl-why > summary"}`)];
    if (!links.length) return;
    const row = [...list.children].find((entry) => entry.contains(document.activeElement));
    const at = row ? links.findIndex((link) => row.contains(link)) + step : step > 0 ? 0 : links.length - 1;
    const link = links[Math.max(0, Math.min(links.length - 1, at))];
    link.focus();
    link.closest("li").scrollIntoView({ block: "nearest" });
  }

  // Who comes back from a person's page to the list goes on at that person. This tab keeps the last part of that page's
  // address until then, or until the reader signs out.
  function comeBack() {
    document.querySelector(".tl-sign-out")?.addEventListener("submit", () => remember("sessionStorage", OPENED, ""));
    if (!field) return remember("sessionStorage", OPENED, location.pathname.split("/").pop());
    const opened = remembered("sessionStorage", OPENED);
    remember("sessionStorage", OPENED, "");
    const row = [...list.children].find((entry) => entry.dataset.key === opened);
    row?.querySelector(".tl-client__name").focus();
  }

  // A browser that keeps nothing for us still lets the keys be switched off, until the page is left.
  function remembered(storage, name) {
    try {
      return window[storage].getItem(name);
    } catch {
      return null;
    }
  }

  function remember(storage, name, value) {
    try {
      window[storage].setItem(name, value);
    } catch {
      toggle.dataset.forgotten = "";
    }
  }

  // On a narrow screen the people come first, unless filters are in use.
  function closeFiltersWhereNarrow() {
    const filters = document.querySelector("[data-filters]");
    if (!filters) return;
    if (matchMedia("(max-width: 39.99rem)").matches && !("inUse" in filters.dataset)) filters.open = false;
  }
})();
