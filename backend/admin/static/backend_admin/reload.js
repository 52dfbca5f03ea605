// Loads a page anew while something goes on; what says so has the seconds until then.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const place = document.querySelector("[data-reload]");
  if (place) setTimeout(() => location.reload(), 1000 * Number(place.dataset.reload));
});
