// A tool: its numbers, its reviews, the reader's vote.

import { get } from "../api.js";
import { voteBox } from "../ballots.js";
import { h, outwardLink } from "../dom.js";
import { compareButton } from "../line-up.js";
import { badge, comparisonCard, heading, logo, numbers, persona, quote, standing } from "../parts.js";
import { signUpBox } from "../sign-up.js";

/** @type {import("../types.js").Page} */
export async function page({ parameters: { slug = "" }, query }) {
  const preview = query.get("preview") ?? undefined;
  const tool = await get("/api/v1/tools/{slug}", { path: { slug }, query: { preview } });
  // Lists know no drafts.
  const comparisons =
    preview === undefined ? await get("/api/v1/comparisons", { query: { tool: [tool.slug], limit: 6 } }) : { results: [] };
  return {
    title: tool.name,
    canonicalPath: `/tools/${tool.slug}`,
    content: [
      tool.status === "archived" && h("p", { class: "archived", role: "note" }, "Archived: no longer reviewed or voted on. What was said stays."),
      heading(tool.name, tool.tagline, tool.category.name),
      h(
        "section",
        { class: "card tool-facts", "aria-label": "At a glance" },
        h("p", { class: "name-line" }, logo(tool), badge(tool.panel.call), tool.website && outwardLink(tool.website, "Website"), tool.status === "published" && compareButton(tool)),
        numbers(tool),
        h("p", { class: "description" }, tool.description),
        tool.pricing.note && h("p", { class: "note" }, `Price: ${tool.pricing.note}`),
        voteBox(tool),
      ),
      comparisons.results.length > 0 &&
        h("section", { "aria-labelledby": "against" }, h("h2", { id: "against" }, "Compared with"), h("ul", { class: "cards two" }, comparisons.results.map(comparisonCard))),
      reviews(tool.reviews),
      signUpBox(),
    ],
  };
}

/** @param {import("../types.js").Schemas["ToolReview"][]} reviews */
function reviews(reviews) {
  return h(
    "section",
    { "aria-labelledby": "reviews" },
    h("h2", { id: "reviews" }, "Reviews"),
    reviews.length === 0 && h("p", { class: "empty" }, "Nobody of the panel has reviewed this tool yet."),
    reviews.map((review) =>
      h(
        "article",
        { class: "card review", id: `review-${review.id}` },
        h("h3", {}, h("a", { href: `/reviewers/${review.reviewer.slug}` }, review.reviewer.name), " ", badge(review.verdict)),
        persona(review.reviewer),
        quote(review.quote),
        standing(review, review.reviewed_on),
      ),
    ),
  );
}
