#include "gnuplot.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/program.hpp>
#include <ablatrix/base/text.hpp>

#include "html.hpp"

namespace ablatrix::report::detail {
namespace {

constexpr char const* install_hint = "Install the Debian package gnuplot-nox (apt-get install gnuplot-nox).";

std::string replaced(std::string text, std::string const& from, std::string const& to)
{
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

/// A path as a gnuplot string. Between single quotes only the quote itself is special.
std::string plot_path(std::filesystem::path const& path)
{
    return "'" + replaced(path.native(), "'", "''") + "'";
}

std::string inches(int units)
{
    return plot_number(units / 100.0) + "in";
}

std::string script_of(Figure const& figure)
{
    std::string const size = std::to_string(figure.width) + "," + std::to_string(figure.height);
    return "reset session\nset encoding utf8\n"
           "set terminal svg size " +
           size +
           " dynamic font 'Arial,14' noenhanced background '#ffffff'\n"
           "set output '" +
           figure.name + ".svg'\n" + figure.plot + "set terminal pdfcairo size " + inches(figure.width) + "," +
           inches(figure.height) +
           " font 'Sans,10' noenhanced background '#ffffff'\n"
           "set output '" +
           figure.name + ".pdf'\nreplot\nset output\n";
}

/// gnuplot writes the time into PDF files, which would make two reports of one result differ.
void set_pdf_date(std::filesystem::path const& path, std::string const& date)
{
    auto text = read_text_file(path);
    std::string const key = "/CreationDate (D:";
    std::size_t const at = text.rfind(key);
    if (at == std::string::npos) return;
    std::size_t const begin = at + key.size();
    std::size_t const end = text.find(')', begin);
    // Places in the file are part of the format: the length must not change.
    if (end == std::string::npos || end - begin != date.size()) return;
    text.replace(begin, date.size(), date);
    write_text_file(path, text);
}

}  // namespace

void check_gnuplot()
{
    ABLATRIX_VALIDATE(
        !base::find_program("gnuplot").empty(),
        std::string{"gnuplot is not there (searched in PATH), and it draws the figures. "} + install_hint);
    ABLATRIX_VALIDATE(base::run_program({"gnuplot", "-d", "-e", "set terminal svg; set terminal pdfcairo"}).status == 0,
                      std::string{"this gnuplot cannot write both SVG and PDF. "} + install_hint);
}

void draw_figures(std::vector<Figure> const& figures, std::filesystem::path const& folder, std::string const& pdf_date)
{
    if (figures.empty()) return;
    auto const script = folder / "figures.gp";
    std::string text = "cd " + plot_path(folder) + "\n";
    for (auto const& figure : figures)
        text += script_of(figure);
    write_text_file(script, text);
    auto const ended = base::run_program({"gnuplot", "-d", script.native()});
    auto const said = std::string{base::trim(ended.errors)};
    ABLATRIX_VALIDATE(ended.status == 0, "gnuplot ended with " + std::to_string(ended.status) + " (" + said +
                                             "). Is the disk full, or gnuplot older than 5.4?");
    for (auto const& figure : figures) {
        auto const pdf = folder / (figure.name + ".pdf");
        ABLATRIX_VALIDATE(std::filesystem::exists(pdf) && std::filesystem::exists(folder / (figure.name + ".svg")),
                          "gnuplot did not write the figure " + figure.name + " (" + said + "). Is the disk full?");
        set_pdf_date(pdf, pdf_date);
        write_text_file(folder / (figure.name + ".csv"), figure.csv);
        for (auto const& [suffix, csv] : figure.more_csv)
            write_text_file(folder / (figure.name + "-" + suffix + ".csv"), csv);
        auto const svg = folder / (figure.name + ".svg");
        write_text_file(svg, replaced(read_text_file(svg), "<title>Gnuplot</title>",
                                      "<title>" + escaped_html(figure.title) + "</title>"));
    }
    std::filesystem::remove(script);
}

std::string inline_svg(std::string svg, std::string const& name, std::string const& alt)
{
    svg.erase(0, svg.find("<svg"));
    // A title would follow the mouse over the whole figure.
    std::size_t const title = svg.find("<title>");
    std::size_t const title_end = svg.find("</title>");
    if (title != std::string::npos && title_end != std::string::npos) svg.erase(title, title_end + 8 - title);
    svg = replaced(std::move(svg), " id='", " id='" + name + "-");
    svg = replaced(std::move(svg), " id=\"", " id=\"" + name + "-");
    svg = replaced(std::move(svg), "href='#", "href='#" + name + "-");
    svg = replaced(std::move(svg), "url(#", "url(#" + name + "-");
    return svg.replace(0, 4, "<svg role=\"img\" aria-label=\"" + escaped_html(alt) + "\"");
}

std::string read_text_file(std::filesystem::path const& path)
{
    std::ifstream in(path, std::ios::binary);
    ABLATRIX_VALIDATE(in.good(), "cannot read " + path.native() + ".");
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

void write_text_file(std::filesystem::path const& path, std::string const& text)
{
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    ABLATRIX_VALIDATE(out.good(), "cannot write " + path.native() + " (" + std::strerror(errno) +
                                      "). Is there space, and may you write there?");
}

}  // namespace ablatrix::report::detail
