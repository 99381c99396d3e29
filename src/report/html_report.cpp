#include <ablatrix/report/html_report.hpp>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

#include "detail/figures.hpp"
#include "detail/format.hpp"
#include "detail/gnuplot.hpp"
#include "detail/grid_view.hpp"
#include "detail/html.hpp"

namespace ablatrix::report {

using namespace detail;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_listed_values = 20;

/// "D:" date of PDF files from "2026-01-31T12:00:00Z".
std::string pdf_date(std::string const& start_time)
{
    std::string digits;
    for (char const c : start_time) {
        if (std::isdigit(static_cast<unsigned char>(c)) != 0) digits += c;
    }
    return (digits.size() == 14 ? digits : "19700101000000") + "Z";
}

fs::path without_trailing_slash(fs::path const& path)
{
    auto const full = fs::absolute(path).lexically_normal();
    return full.has_filename() ? full : full.parent_path();
}

bool is_figure_file(fs::path const& path)
{
    auto const extension = path.extension();
    return extension == ".svg" || extension == ".pdf" || extension == ".csv" || extension == ".gp" ||
           extension == ".log";
}

/// Whether everything in \p folder may have been written by a report.
bool holds_report_files_only(fs::path const& folder)
{
    for (auto const& entry : fs::directory_iterator(folder)) {
        auto const name = entry.path().filename();
        if (name == "index.html" || is_figure_file(name)) continue;
        if (name != "figures" || !entry.is_directory()) return false;
        for (auto const& figure : fs::directory_iterator(entry.path())) {
            if (!figure.is_regular_file() || !is_figure_file(figure.path())) return false;
        }
    }
    return true;
}

bool is_earlier_report(fs::path const& folder)
{
    auto const page = folder / "index.html";
    return fs::is_regular_file(page) && read_text_file(page).substr(0, 1000).find(page_mark) != std::string::npos &&
           holds_report_files_only(folder);
}

void check_folder(fs::path const& folder, bool is_forced)
{
    if (!fs::exists(folder)) return;
    ABLATRIX_VALIDATE(fs::is_directory(folder),
                      folder.native() + " is a file. Name a folder for the report, which is made if it is not there.");
    ABLATRIX_VALIDATE(fs::is_empty(folder) || is_forced || is_earlier_report(folder),
                      folder.native() +
                          " holds other files than an earlier report. Name another folder, or write beside them with "
                          "--force.");
}

/// Folder in which a report is made; gone at the end unless it was renamed.
class PartialFolder
{
  public:
    explicit PartialFolder(fs::path const& folder) : path_(folder.native() + ".partial")
    {
        if (fs::exists(path_)) {
            ABLATRIX_VALIDATE(fs::is_directory(path_) && holds_report_files_only(path_),
                              path_.native() + " is in the way and holds files that are no report's. Remove it.");
            fs::remove_all(path_);
        }
        fs::create_directories(path_);
    }
    ~PartialFolder()
    {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    PartialFolder(PartialFolder const&) = delete;
    PartialFolder& operator=(PartialFolder const&) = delete;
    fs::path const& path() const { return path_; }

    void move_to(fs::path const& folder)
    {
        if (!fs::exists(folder)) {
            fs::rename(path_, folder);
            return;
        }
        if (is_earlier_report(folder)) fs::remove_all(folder / "figures");
        fs::create_directories(folder / "figures");
        for (auto const& entry : fs::directory_iterator(path_ / "figures"))
            fs::rename(entry.path(), folder / "figures" / entry.path().filename());
        // The page last: whoever opens it finds its figures.
        fs::rename(path_ / "index.html", folder / "index.html");
    }

  private:
    fs::path path_;
};

std::vector<std::string> distinct(std::vector<std::string> const& values)
{
    std::vector<std::string> seen;
    for (auto const& value : values) {
        if (std::find(seen.begin(), seen.end(), value) == seen.end()) seen.push_back(value);
    }
    return seen;
}

std::string axes_section(GridView const& grid)
{
    Table table{
        "Axes of the grid",
        {{"axis", Align::left}, {"role", Align::left}, {"number of values", Align::right}, {"values", Align::left}},
        {}};
    for (auto const& axis : grid.layout().axes) {
        auto values = distinct(axis.value_of_run);
        std::string const count = std::to_string(values.size());
        std::string role = "same everywhere";
        if (axis.name == grid.fact("seed_axis"))
            role = "seed";
        else if (axis.name == grid.layout().arm_axis)
            role = "arms";
        else if (values.size() > 1)
            role = "condition";
        bool const is_long = values.size() > most_listed_values;
        if (is_long) values.resize(most_listed_values);
        table.rows.push_back({axis.name, role, count, base::join(values, ", ") + (is_long ? ", …" : "")});
    }
    return table.rows.empty() ? html_paragraph("The grid has no axes: one run.") : html_table(table);
}

std::string preformatted(std::string const& title, std::string const& text, bool is_open)
{
    if (base::trim(text).empty()) return {};
    return std::string{"<details"} + (is_open ? " open" : "") + "><summary>" + escaped_html(title) + "</summary><pre>" +
           escaped_html(text) + "</pre></details>\n";
}

/// What ran: axes, versions, devices, settings.
std::string provenance_section(GridView const& grid, store::ResultFile const& result)
{
    std::string html = "<h2 id=\"ran\">What ran</h2>\n" + axes_section(grid);
    Table facts{"Program and machine", {{"fact", Align::left}, {"value", Align::left}}, {}};
    std::vector<std::pair<std::string, std::string>> long_facts;
    for (auto const& [name, value] : result.provenance().facts) {
        if (base::trim(value).empty()) continue;
        if (base::trim(value).find('\n') != std::string_view::npos)
            long_facts.emplace_back(name, value);
        else
            facts.rows.push_back({name, std::string{base::trim(value)}});
    }
    if (!facts.rows.empty()) html += html_table(facts);
    for (auto const& [name, value] : long_facts)
        html += preformatted(name, value, name == "device_table");
    return html +
           preformatted("Experiment file, with every setting resolved", result.provenance().experiment_yaml, false);
}

std::string failures_section(GridView const& grid)
{
    Table failed{"Failed runs", {{"run", Align::left}, {"attempts", Align::right}, {"message", Align::left}}, {}};
    Table missing{"Runs without a result so far", {{"run", Align::left}}, {}};
    for (std::size_t run = 0; run < grid.statuses().size(); ++run) {
        if (grid.statuses()[run] == store::RunStatus::failed) {
            auto const record = grid.file().read_run(run);
            failed.rows.push_back({grid.run_label(run), std::to_string(record.attempts), record.error});
        }
        else if (grid.statuses()[run] == store::RunStatus::pending) {
            missing.rows.push_back({grid.run_label(run)});
        }
    }
    std::string html = "<h2 id=\"failures\">Failed runs</h2>\n";
    if (failed.rows.empty() && missing.rows.empty())
        return html + html_paragraph("No run failed, and none is missing.");
    html += html_paragraph("Seeds without a result are left out of means and comparisons, and counted there.");
    if (!failed.rows.empty()) html += html_table(failed);
    if (!missing.rows.empty()) html += html_table(missing);
    return html;
}

std::string cost_table(GridView const& grid)
{
    struct Cost
    {
        std::size_t tasks = 0, made = 0, cached = 0, failed = 0;
        double seconds = 0;
        std::uint64_t bytes = 0;
    };
    std::map<std::string, Cost> costs;
    auto const& stages = grid.layout().stages;
    for (std::size_t i = 0; i < stages.size(); ++i) {
        auto const record = grid.file().read_stage(i);
        auto& cost = costs[stages[i].kind];
        ++cost.tasks;
        cost.made += record.status == 1 ? 1 : 0;
        cost.cached += record.status == 2 ? 1 : 0;
        cost.failed += record.status == 3 ? 1 : 0;
        if (record.status == 1) {
            cost.seconds += record.seconds;
            cost.bytes += static_cast<std::uint64_t>(std::max<std::int64_t>(record.bytes, 0));
        }
    }
    Table table{"Tasks by kind",
                {{"task kind", Align::left},
                 {"tasks", Align::right},
                 {"made", Align::right},
                 {"from the cache", Align::right},
                 {"failed", Align::right},
                 {"seconds", Align::right},
                 {"MiB written", Align::right}},
                {}};
    for (auto const& [kind, cost] : costs) {
        table.rows.push_back({kind, std::to_string(cost.tasks), std::to_string(cost.made), std::to_string(cost.cached),
                              std::to_string(cost.failed), fixed(cost.seconds, 2),
                              fixed(static_cast<double>(cost.bytes) / (1024.0 * 1024.0), 2)});
    }
    return table.rows.empty() ? html_paragraph("The file holds no task table.") : html_table(table);
}

std::string figure_html(Figure const& figure, fs::path const& folder)
{
    std::string const path = "figures/" + figure.name;
    std::string html =
        "<figure id=\"fig-" + figure.name + "\">\n<h3>" + escaped_html(figure.title) + "</h3>\n" +
        inline_svg(read_text_file(folder / (path + ".svg")), figure.name, figure.title + ". " + figure.alt) +
        "\n<figcaption>" + escaped_html(figure.caption) + " <span class=\"files\">";
    for (auto const* extension : {"svg", "pdf", "csv"})
        html += "<a href=\"" + path + "." + extension + "\">" + extension + "</a> ";
    for (auto const& [suffix, csv] : figure.more_csv)
        html += "<a href=\"" + path + "-" + suffix + ".csv\">" + suffix + " csv</a> ";
    return html + "</span></figcaption>\n</figure>\n";
}

std::string figures_html(Figures const& figures, fs::path const& folder)
{
    std::string html;
    if (!figures.drawn.empty()) {
        html += "<div class=\"figures\">\n";
        for (auto const& figure : figures.drawn)
            html += figure_html(figure, folder);
        html += "</div>\n";
    }
    if (!figures.not_drawn.empty()) html += html_paragraph(base::join(figures.not_drawn, " "));
    return html;
}

/// One part of the summary: the overview, an item set, or what follows.
struct Section
{
    std::string title;
    std::vector<Document::Block> findings;  ///< sentences before the first table
    std::vector<Document::Block> rest;
    std::optional<std::size_t> item_set;
    Figures figures;

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

std::string link(std::string const& id, std::string const& text)
{
    return "<li><a href=\"#" + id + "\">" + escaped_html(text) + "</a></li>\n";
}

std::string page_of(GridView const& grid, store::ResultFile const& result, std::vector<Section> const& sections,
                    Figures const& costs, fs::path const& folder)
{
    std::string body, nav = "<nav aria-label=\"Contents\"><ul>\n";
    for (std::size_t i = 0; i < sections.size(); ++i) {
        auto const& section = sections[i];
        std::string const id = "part-" + std::to_string(i);
        if (i > 0) {
            nav += link(id, section.title);
            body += "<h2 id=\"" + id + "\">" + escaped_html(section.title) + "</h2>\n";
        }
        body += blocks_html(section.findings);
        body += figures_html(section.figures, folder);
        body += blocks_html(section.rest);
    }
    if (sections.size() < 2)
        body += html_paragraph("There is no finished run with a metric, so there is nothing to show yet.");
    nav += link("costs", "Costs") + link("failures", "Failed runs") + link("ran", "What ran") + "</ul></nav>\n";
    body += "<h2 id=\"costs\">Costs</h2>\n" + figures_html(costs, folder) + cost_table(grid);
    body += failures_section(grid) + provenance_section(grid, result);
    std::string const title = sections.empty() ? "Results" : sections.front().title;
    std::string head = "<h1>" + escaped_html(title) + "</h1>\n";
    if (!grid.fact("start_time").empty())
        head += html_paragraph("Job " + grid.fact("job") + ", started " + grid.fact("start_time") + ".");
    return html_page(title, head + nav + body);
}

}  // namespace

void write_html_report(store::ResultFile const& result, HtmlOptions const& options)
{
    auto const folder = without_trailing_slash(options.folder);
    check_folder(folder, options.is_forced);
    check_gnuplot();
    GridView const grid(result, options.summary.by);
    auto const summary = summarize(result, options.summary);

    auto sections = sections_of(summary.document, grid.layout());
    FigureMaker maker(grid, summary.records);
    std::vector<Figure> all;
    for (auto& section : sections) {
        if (!section.item_set) continue;
        section.figures = maker.of_set(*section.item_set, section.bullets(grid.conditions().size()));
        all.insert(all.end(), section.figures.drawn.begin(), section.figures.drawn.end());
    }
    auto const costs = maker.of_costs();
    all.insert(all.end(), costs.drawn.begin(), costs.drawn.end());

    PartialFolder partial(folder);
    fs::create_directories(partial.path() / "figures");
    draw_figures(all, partial.path() / "figures", pdf_date(grid.fact("start_time")));
    write_text_file(partial.path() / "index.html", page_of(grid, result, sections, costs, partial.path()));
    partial.move_to(folder);
}

}  // namespace ablatrix::report
