"use strict";
(function () {
  const number = (value) => value.toLocaleString("en");

  // A unit is [standing, from, to, from, to, ...]: kept at the steps of these half-open ranges.
  function isKept(unit, step) {
    for (let i = 1; i < unit.length; i += 2) {
      if (unit[i] <= step && step < unit[i + 1]) return true;
    }
    return false;
  }

  function readout(data, step) {
    const [budget, tokens, whole] = data.steps[step];
    const ratio = tokens ? " · " + (data.original / tokens).toFixed(1) + "x" : "";
    const run = step === data.own ? " · this run" : "";
    const what = whole ? "all of it" : number(tokens) + " of " + number(data.original);
    return number(budget) + " tokens · keeps " + what + ratio + run;
  }

  function describe(data, unit) {
    const parts = [];
    const standing = data.standings[unit[0]];
    if (standing) {
      const [kind, score, rank, repeats] = standing;
      parts.push(kind);
      if (rank) parts.push("rank " + number(rank) + " of " + number(data.ranked));
      else parts.push("kept for what needs it");
      if (score !== null && rank) parts.push("score " + score);
      if (repeats) parts.push("repeats an earlier one");
    }
    if (unit.length > 1) parts.push("kept from " + number(data.steps[unit[1]][0]) + " tokens on");
    else parts.push("kept at none of these budgets");
    return parts.join(" · ");
  }

  function connect(section) {
    const data = JSON.parse(section.querySelector("script").textContent);
    const spans = Array.from(section.querySelectorAll(".u"));
    const text = section.querySelector(".text");
    const bar = section.querySelector(".bar");
    const slider = bar.querySelector("input[type=range]");
    const status = bar.querySelector(".unit");
    const places = new Map(spans.map((span, i) => [span, i]));
    let current = -1;
    bar.hidden = false;

    function apply(step) {
      spans.forEach((span, i) => span.classList.toggle("k", isKept(data.units[i], step)));
      if (!slider) return;
      slider.value = String(step);
      const words = readout(data, step);
      bar.querySelector("output").textContent = words;
      slider.setAttribute("aria-valuetext", words);
    }

    function point(i, follow) {
      if (i < 0 || i >= spans.length) return;
      if (spans[current]) spans[current].classList.remove("here");
      current = i;
      status.textContent = describe(data, data.units[i]);
      spans[i].title = status.textContent;
      spans[i].classList.add("here");
      if (follow) spans[i].scrollIntoView({ block: "center" });
    }

    function visible(from, by) {
      let i = from + by;
      while (spans[i] && spans[i].offsetParent === null) i += by;
      return i;
    }

    const touched = (event) => {
      const span = event.target.closest(".u");
      if (span) point(places.get(span), false);
    };
    text.addEventListener("pointerover", touched);
    text.addEventListener("click", touched);
    text.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      point(visible(current, by), true);
    });
    bar.querySelector("input[type=checkbox]").addEventListener("change", (event) => {
      section.classList.toggle("kept-alone", event.target.checked);
    });
    bar.querySelector(".next").addEventListener("click", () => {
      const kept = (i) => spans[i].classList.contains("k");
      let i = current + 1;
      while (i < spans.length && kept(i) && i > 0 && kept(i - 1)) i += 1;
      while (i < spans.length && !kept(i)) i += 1;
      if (i === spans.length) i = spans.findIndex((span) => span.classList.contains("k"));
      point(i, true);
    });
    if (slider) {
      const own = bar.querySelector(".own");
      own.hidden = false;
      slider.addEventListener("input", () => {
        apply(Number(slider.value));
        history.replaceState(null, "", "#" + section.id + "=" + slider.value);
      });
      own.addEventListener("click", () => apply(data.own));
    }
    // page.html#d1=12 shows step 12 of the first document
    const asked = location.hash.match(/^#(d\d+)=(\d+)$/);
    const step = asked && asked[1] === section.id ? Number(asked[2]) : data.own;
    apply(Math.min(step, data.steps.length - 1));
    if (asked && asked[1] === section.id) section.scrollIntoView();
  }

  document.querySelectorAll("section.doc").forEach((section) => {
    if (section.querySelector("script")) connect(section);
  });
})();
