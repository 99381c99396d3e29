#include <ablatrix/report/html_report.hpp>

#include <cctype>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/text.hpp>
#include <ablatrix/report/errors.hpp>
#include <ablatrix/report/gates.hpp>

#include "detail/figures.hpp"
#include "detail/format.hpp"
#include "detail/gnuplot.hpp"
#include "detail/grid_view.hpp"
#include "detail/html.hpp"
#include "detail/page_parts.hpp"
#include "detail/report_folder.hpp"
#include "detail/sentences.hpp"

namespace ablatrix::report {

using namespace detail;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t items_a_table = 10;  ///< wrong items; errors.csv has all

/// "D:" date of PDF files from "2026-01-31T12:00:00Z".
std::string pdf_date(std::string const& start_time)
{
    std::string digits;
    for (char const c : start_time) {
        if (std::isdigit(static_cast<unsigned char>(c)) != 0) digits += c;
    }
    return (digits.size() == 14 ? digits : "19700101000000") + "Z";
}

/// A part of a document: what stands under one heading.
struct Section
{
    std::string title;
    std::vector<Document::Block> findings;  ///< sentences before the first table
    std::vector<Document::Block> rest;
    std::optional<std::size_t> item_set;

    /// The sentence on each condition, when there is one for each.
    std::vector<std::string> bullets(std::size_t conditions) const
    {
        std::vector<std::string> texts;
        for (auto const& block : findings) {
            if (block.kind == Document::Kind::bullet) texts.push_back(block.text);
        }
        return texts.size() == conditions ? texts : std::vector<std::string>{};
    }
};

std::vector<Section> sections_of(Document const& document, store::ResultLayout const& layout)
{
    std::vector<Section> sections;
    for (auto const& block : document.blocks()) {
        if (block.kind == Document::Kind::heading || sections.empty()) {
            sections.emplace_back();
            sections.back().title = block.kind == Document::Kind::heading ? block.text : "Results";
            for (std::size_t set = 0; set < layout.item_sets.size(); ++set) {
                if (sections.size() > 1 && layout.item_sets[set].name == block.text) sections.back().item_set = set;
            }
            if (block.kind == Document::Kind::heading) continue;
        }
        auto& section = sections.back();
        bool const is_finding = block.kind != Document::Kind::table && section.rest.empty();
        (is_finding ? section.findings : section.rest).push_back(block);
    }
    return sections;
}

std::string blocks_html(std::vector<Document::Block> const& blocks)
{
    std::string html;
    bool is_list = false;
    for (auto const& block : blocks) {
        bool const is_bullet = block.kind == Document::Kind::bullet;
        if (is_bullet != is_list) html += is_bullet ? "<ul>\n" : "</ul>\n";
        is_list = is_bullet;
        if (is_bullet)
            html += "<li>" + escaped_html(block.text) + "</li>\n";
        else if (block.kind == Document::Kind::table)
            html += html_table(block.table);
        else
            html += html_paragraph(block.text);
    }
    return html + (is_list ? "</ul>\n" : "");
}

std::string figure_html(Figure const& figure, fs::path const& folder)
{
    std::string const path = "figures/" + figure.name;
    std::string html =
        "<figure id=\"fig-" + figure.name + "\">\n<h4>" + escaped_html(figure.title) + "</h4>\n" +
        inline_svg(read_text_file(folder / (path + ".svg")), figure.name, figure.title + ". " + figure.alt) +
        "\n<figcaption>" + escaped_html(figure.caption) + " <span class=\"files\">";
    for (auto const* extension : {"svg", "pdf", "csv"})
        html += "<a href=\"" + path + "." + extension + "\">" + extension + "</a> ";
    for (auto const& [suffix, csv] : figure.more_csv)
        html += "<a href=\"" + path + "-" + suffix + ".csv\">" + suffix + " csv</a> ";
    return html + "</span></figcaption>\n</figure>\n";
}

/// The page while it grows, and its table of contents.
class Page
{
  public:
    explicit Page(fs::path folder) : folder_(std::move(folder)) {}

    void add(std::string const& html) { body_ += html; }
    void add_heading(std::string const& id, std::string const& title)
    {
        close_list();
        contents_ += "<li>" + link(id, title);
        body_ += "<h2 id=\"" + id + "\">" + escaped_html(title) + "</h2>\n";
        id_ = id;
    }
    void add_subheading(std::string const& title)
    {
        std::string const id = id_ + "-" + slug(title);
        if (!has_list_) contents_ += "<ul>";
        has_list_ = true;
        contents_ += "<li>" + link(id, title) + "</li>\n";
        body_ += "<h3 id=\"" + id + "\">" + escaped_html(title) + "</h3>\n";
    }
    /// Figures under a subheading a group, then what could not be drawn.
    void add_figures(Figures const& figures)
    {
        for (std::size_t i = 0; i < figures.drawn.size();) {
            std::string const& group = figures.drawn[i].group;
            if (!group.empty()) add_subheading(group);
            body_ += "<div class=\"figures\">\n";
            for (; i < figures.drawn.size() && figures.drawn[i].group == group; ++i)
                body_ += figure_html(figures.drawn[i], folder_);
            body_ += "</div>\n";
        }
        if (!figures.not_drawn.empty()) body_ += html_paragraph(base::join(figures.not_drawn, " "));
    }
    std::string contents()
    {
        close_list();
        return "<nav aria-label=\"Contents\"><ul>\n" + contents_ + "</ul></nav>\n";
    }
    std::string const& body() const { return body_; }

  private:
    static std::string link(std::string const& id, std::string const& title)
    {
        return "<a href=\"#" + id + "\">" + escaped_html(title) + "</a>";
    }
    void close_list()
    {
        if (has_list_) contents_ += "</ul>";
        if (!id_.empty()) contents_ += "</li>\n";
        has_list_ = false;
        id_.clear();
    }

    fs::path folder_;
    std::string body_, contents_, id_;
    bool has_list_ = false;
};

/// Words with a mark, so that outcomes are found at a glance, also in black and white.
std::string marked(std::string const& text, stats::Outcome outcome)
{
    switch (outcome) {
        case stats::Outcome::pass:
            return "✓ " + text;
        case stats::Outcome::fail:
            return "✗ " + text;
        default:
            return "? " + text;
    }
}

std::string with_mark(std::string const& cell)
{
    for (auto const outcome : {stats::Outcome::pass, stats::Outcome::fail, stats::Outcome::undecidable}) {
        if (cell == stats::name_of(outcome)) return marked(cell, outcome);
    }
    return cell;
}

void add_gates(Page& page, GateReport const& judged)
{
    page.add_heading("gates", "Gates");
    if (judged.gates.empty()) {
        page.add(html_paragraph("The experiment declares no gates."));
        return;
    }
    std::vector<Document::Block> blocks;
    std::size_t gate = 0;
    for (auto block : judged.report.document.blocks()) {
        if (block.kind == Document::Kind::heading) continue;
        // One bullet a gate.
        if (block.kind == Document::Kind::bullet && gate < judged.gates.size())
            block.text = marked(block.text, judged.gates[gate++].verdict.outcome);
        for (auto& row : block.table.rows) {
            for (auto& cell : row)
                cell = with_mark(cell);
        }
        blocks.push_back(std::move(block));
    }
    page.add(blocks_html(blocks));
}

std::string folded(std::string const& title, std::string const& html)
{
    return "<details><summary>" + escaped_html(title) + "</summary>\n" + html + "</details>\n";
}

std::string comparisons_html(std::vector<std::string> const& sentences)
{
    if (sentences.empty()) return html_paragraph("There is nothing to compare: one method and one arm with values.");
    std::string list = "<ul>\n";
    for (auto const& sentence : sentences)
        list += "<li>" + escaped_html(sentence) + "</li>\n";
    return folded("Every paired comparison in a sentence (" + std::to_string(sentences.size()) + ")",
                  html_paragraph("Better and worse are meant for the first side; Holm's correction is over the tests "
                                 "that are named.") +
                      list + "</ul>\n");
}

/// Sentences and counts are open; lists of items are folded.
void add_errors(Page& page, Report const& wrong, store::ResultLayout const& layout)
{
    page.add_heading("errors", "Items wrong in most seeds");
    auto const sections = sections_of(wrong.document, layout);
    for (std::size_t i = 1; i < sections.size(); ++i) {
        page.add_subheading(sections[i].title);
        std::vector<Document::Block> open = sections[i].findings, items;
        for (auto const& block : sections[i].rest) {
            bool const is_item_list = block.kind == Document::Kind::table && !block.table.columns.empty() &&
                                      block.table.columns.front().title == "item";
            (is_item_list ? items : open).push_back(block);
        }
        page.add(blocks_html(open));
        if (!items.empty()) page.add(folded("The items, worst first (data/errors.csv has all)", blocks_html(items)));
    }
    if (sections.size() < 2) page.add(html_paragraph("There is no finished run with predictions or scores."));
}

void add_data(Page& page, std::vector<std::pair<std::string, std::string>> const& tables)
{
    page.add_heading("data", "Data");
    page.add("<p>All numbers with what belongs to them, one line each:");
    for (auto const& [name, csv] : tables)
        page.add(" <a href=\"data/" + name + ".csv\">" + name + ".csv</a>");
    page.add(". The numbers of each figure stand below it.</p>\n");
}

}  // namespace

void write_html_report(store::ResultFile const& result, HtmlOptions const& options)
{
    auto const folder = without_trailing_slash(options.folder);
    check_folder(folder, options.is_forced);
    check_gnuplot();
    GridView const grid(result, options.summary.by);
    auto const summary = summarize(result, options.summary);
    auto const judged = gates(result, stored_gates(result), {options.summary.threads});
    auto const wrong = errors(result, {{}, options.summary.by, items_a_table});

    auto const sections = sections_of(summary.document, grid.layout());
    FigureMaker maker(grid, summary.records);
    std::vector<Figures> figures(sections.size());
    std::vector<Figure> all;
    for (std::size_t i = 0; i < sections.size(); ++i) {
        if (!sections[i].item_set) continue;
        figures[i] = maker.of_set(*sections[i].item_set, sections[i].bullets(grid.conditions().size()));
        all.insert(all.end(), figures[i].drawn.begin(), figures[i].drawn.end());
    }
    auto const costs = maker.of_costs();
    all.insert(all.end(), costs.drawn.begin(), costs.drawn.end());
    std::vector<std::pair<std::string, std::string>> tables = {{"summary", to_csv(summary)}, {"errors", to_csv(wrong)}};
    if (!judged.gates.empty()) tables.emplace_back("gates", to_csv(judged.report));

    PartialFolder partial(folder);
    draw_figures(all, partial.path() / "figures", pdf_date(grid.fact("start_time")));
    for (auto const& [name, csv] : tables)
        write_text_file(partial.path() / "data" / (name + ".csv"), csv);

    Page page(partial.path());
    add_gates(page, judged);
    for (std::size_t i = 1; i < sections.size(); ++i) {
        page.add_heading("part-" + std::to_string(i), sections[i].title);
        page.add(blocks_html(sections[i].findings));
        if (sections[i].item_set) {
            page.add(comparisons_html(comparison_sentences(grid, summary.records, sections[i].title)));
            page.add_figures(figures[i]);
            page.add_subheading("Tables");
        }
        page.add(blocks_html(sections[i].rest));
    }
    if (sections.size() < 2)
        page.add(html_paragraph("There is no finished run with a metric, so there is nothing to show yet."));
    add_errors(page, wrong, grid.layout());
    page.add_heading("costs", "Costs");
    page.add_figures(costs);
    page.add(cost_table(grid));
    page.add_heading("failures", "Failed runs");
    page.add(failures_section(grid));
    page.add_heading("ran", "What ran");
    page.add(provenance_section(grid));
    add_data(page, tables);

    std::string const title = sections.empty() ? "Results" : sections.front().title;
    std::string head = "<h1>" + escaped_html(title) + "</h1>\n";
    if (!grid.fact("start_time").empty())
        head += html_paragraph("Job " + grid.fact("job") + ", started " + grid.fact("start_time") + ".");
    if (!sections.empty()) head += blocks_html(sections.front().findings) + blocks_html(sections.front().rest);
    write_text_file(partial.path() / "index.html", html_page(title, head + page.contents() + page.body()));
    partial.move_to(folder);
}

}  // namespace ablatrix::report
