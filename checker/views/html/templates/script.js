"use strict";
// Nothing here is needed for reading: it sorts the heat map, finds learners, and opens what a
// link or the printer asks for.
(() => {
  const table = document.getElementById("heat");
  const body = table && table.tBodies[0];
  const rows = body ? [...body.rows] : [];
  const name = (row) => row.cells[0].textContent.trim();
  const number = (text) => (text === "" ? -1 : Number(text));
  const orders = {
    name: (a, b) => name(a).localeCompare(name(b)),
    solved: (a, b) => number(b.dataset.solved) - number(a.dataset.solved),
    days: (a, b) => number(b.dataset.days) - number(a.dataset.days),
  };
  const heads = table ? [...table.querySelectorAll("th[data-sort]")] : [];
  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const back = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", back === 1 ? "ascending" : "descending");
      const order = orders[head.dataset.sort];
      body.append(...rows.sort((a, b) => back * order(a, b)));
    });
  }

  const find = document.getElementById("find");
  if (find) {
    find.closest(".tools").hidden = false;
    const parts = rows.map((row) => {
      const link = row.cells[0].querySelector("a");
      return [name(row).toLowerCase(), row, document.getElementById(link.hash.slice(1))];
    });
    find.addEventListener("input", () => {
      const wanted = find.value.trim().toLowerCase();
      let count = 0;
      for (const [text, row, part] of parts) {
        const fits = text.includes(wanted);
        row.hidden = part.hidden = !fits;
        count += fits;
      }
      document.getElementById("found").textContent = wanted ? `${count} of ${parts.length}` : "";
    });
  }

  const show = () => {
    const target = document.getElementById(location.hash.slice(1));
    const closed = target && target.closest("details");
    if (closed && !closed.open) {
      closed.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", show);
  show();
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
})();
