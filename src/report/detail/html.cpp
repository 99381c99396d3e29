#include "html.hpp"

#include "figure.hpp"

namespace ablatrix::report::detail {
namespace {

constexpr char const* style = R"css(
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #1a1a1a; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
main { max-width: 1320px; margin: 0 auto; padding: 16px; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; margin: 2.2rem 0 .6rem; padding-top: .6rem; border-top: 2px solid #1a1a1a; overflow-wrap: anywhere; }
h3 { font-size: 1.15rem; margin: 1.6rem 0 .4rem; overflow-wrap: anywhere; }
h4 { font-size: 1rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
p, li { max-width: 78ch; overflow-wrap: anywhere; }
nav { border: 1px solid #ccc; padding: .2rem 1rem .5rem; margin: 1rem 0; }
nav ul { list-style: none; padding: 0; margin: 0; }
nav li { margin: .4rem 0 0; font-weight: 600; }
nav li ul { display: flex; flex-wrap: wrap; gap: 0 1.1rem; }
nav li li { font-weight: 400; margin: .15rem 0 0; }
a { color: #00497a; }
.scroll { overflow-x: auto; margin: .6rem 0 1rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid #ccc; text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid #1a1a1a; vertical-align: bottom; background: #fff; }
.r { text-align: right; white-space: nowrap; }
td.t { white-space: pre-wrap; overflow-wrap: anywhere; min-width: 6rem; max-width: 60rem; }
th button { font: inherit; font-weight: 600; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; text-align: inherit; white-space: pre-line; }
th button::after { content: " \2195"; color: #767676; }
th[aria-sort=ascending] button::after { content: " \2191"; color: #1a1a1a; }
th[aria-sort=descending] button::after { content: " \2193"; color: #1a1a1a; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 520px), 1fr)); gap: 1.6rem; margin: 1rem 0; align-items: start; }
figure { margin: 0; min-width: 0; break-inside: avoid; }
figure svg { display: block; width: 100%; height: auto; max-width: 660px; }
figcaption { font-size: .9rem; max-width: 72ch; overflow-wrap: anywhere; }
.files { font-size: .85rem; }
pre { background: #f5f5f5; padding: .7rem; overflow-x: auto; font-size: .85rem; line-height: 1.35; }
details { margin: .6rem 0; }
summary { cursor: pointer; font-weight: 600; }
@media print {
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  nav, .files, th button::after { display: none; }
  a { color: inherit; text-decoration: none; }
  .scroll { overflow: visible; }
  .figures { display: block; }
  figure { display: inline-block; width: 48%; margin: 0 1.5% 1rem 0; vertical-align: top; }
  figure svg { max-height: 85mm; }
  h4 { font-size: 9pt; }
  figcaption { font-size: 7.5pt; line-height: 1.3; }
  table { font-size: 8pt; }
  th, td { padding: .15rem .4rem; }
  td.t { min-width: 0; }
  pre { white-space: pre-wrap; font-size: 7.5pt; }
  h2, h3, h4, caption, summary { break-after: avoid; }
  tr, li { break-inside: avoid; }
}
)css";

constexpr char const* script = R"js(
"use strict";
(() => {
  const number = text => {
    const found = text.replace(/\u2212/g, "-").match(/^[<>\s]*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)/i);
    return found ? parseFloat(found[1]) : NaN;
  };
  const compare = (a, b) => {
    const x = number(a), y = number(b);
    if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
    if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
    return a.localeCompare(b, "en", { numeric: true });
  };
  document.querySelectorAll("table").forEach(table => {
    const heads = [...table.querySelectorAll("thead th")];
    heads.forEach((head, column) => {
      const button = head.querySelector("button");
      if (!button) return;
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "descending" ? 1 : -1;
        const isText = !head.classList.contains("r");
        const first = head.getAttribute("aria-sort") === null && isText ? 1 : down;
        heads.forEach(other => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", first === 1 ? "ascending" : "descending");
        const body = table.tBodies[0];
        const rows = [...body.rows];
        const text = row => row.cells[column].textContent.trim();
        const empty = value => value === "" || value === "-";
        rows.sort((a, b) => empty(text(a)) - empty(text(b)) || first * compare(text(a), text(b)));
        rows.forEach(row => body.appendChild(row));
      });
    });
  });
})();
)js";

}  // namespace

std::string escaped_html(std::string_view text)
{
    std::string out;
    for (char const c : valid_utf8(text)) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string html_table(Table const& table)
{
    std::string text = "<div class=\"scroll\" tabindex=\"0\"><table>\n";
    if (!table.title.empty()) text += "<caption>" + escaped_html(table.title) + "</caption>\n";
    text += "<thead><tr>";
    for (auto const& column : table.columns) {
        text += std::string{"<th scope=\"col\""} + (column.align == Align::right ? " class=\"r\"" : "") +
                "><button type=\"button\">" + escaped_html(column.title) + "</button></th>";
    }
    text += "</tr></thead>\n<tbody>\n";
    for (auto const& row : table.rows) {
        text += "<tr>";
        for (std::size_t i = 0; i < row.size(); ++i) {
            bool const is_right = i < table.columns.size() && table.columns[i].align == Align::right;
            text += std::string{is_right ? "<td class=\"r\">" : "<td class=\"t\">"} + escaped_html(row[i]) + "</td>";
        }
        text += "</tr>\n";
    }
    return text + "</tbody></table></div>\n";
}

std::string html_paragraph(std::string_view text)
{
    return text.empty() ? "" : "<p>" + escaped_html(text) + "</p>\n";
}

std::string html_page(std::string_view title, std::string_view body)
{
    std::string page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
    page += std::string{page_mark} + "\n";
    // Nothing is loaded from anywhere, whatever a result file may hold.
    page +=
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        "script-src 'unsafe-inline'; img-src data:\">\n";
    page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" + escaped_html(title) +
            "</title>\n<style>" + style + "</style>\n</head>\n<body>\n<main>\n";
    page += body;
    return page + "</main>\n<script>" + script + "</script>\n</body>\n</html>\n";
}

}  // namespace ablatrix::report::detail
