#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// \file
/// One figure as gnuplot commands, and the texts that plots and tables of data are made of.

namespace ablatrix::report::detail {

/// A figure of the report. The plot commands do not say which terminal they draw on.
struct Figure
{
    std::string name;     ///< stem of its files: "forest-detection-1"
    std::string group;    ///< heading above figures of this kind: "ROC curves"
    std::string title;    ///< stands above the figure in the page
    std::string caption;  ///< what it shows, with its uncertainty
    std::string alt;      ///< for who cannot see it
    std::string plot;     ///< gnuplot commands
    std::string csv;      ///< the numbers shown
    /// Further tables: the second goes to NAME-FIRST.csv.
    std::vector<std::pair<std::string, std::string>> more_csv;
    int width = 500;  ///< of the drawing, in units of which the text is 14 high
    int height = 400;
};

/// Figures in reading order, and a sentence on each that the result cannot fill: "No ROC curves: ...".
struct Figures
{
    std::vector<Figure> drawn;
    std::vector<std::string> not_drawn;
};

/// One kind of line: colours of Okabe and Ito (2008), told apart in grey print by dashes and markers.
struct LineStyle
{
    char const* colour;
    char const* dashes;
    int marker;
};
/// Style \p index of seven; they repeat.
LineStyle const& line_style(std::size_t index);
inline constexpr std::size_t line_styles = 7;

/// \p text as a gnuplot string: quoted, valid UTF-8 without control characters, at most \p longest characters.
std::string plot_text(std::string_view text, std::size_t longest = 100);
/// The same for an axis label at a place, where gnuplot reads % as a format.
std::string tic_text(std::string_view text, std::size_t longest = 30);
/// A number as gnuplot and CSV files hold it; nothing for NaN in CSV, "NaN" for gnuplot.
std::string plot_number(double value);
std::string csv_number(double value);
/// Cells joined to a line, quoted as RFC 4180 says.
std::string csv_line(std::vector<std::string> const& cells);
/// Letters, digits and dashes of \p text.
std::string slug(std::string_view text);
/// Bytes that are no UTF-8 become "?", control characters spaces.
std::string valid_utf8(std::string_view text);

/// Range of an axis around values with a margin, and the distance of its numbers; infinite and NaN values do not count.
std::string range_command(std::string_view axis, std::vector<double> const& values);

}  // namespace ablatrix::report::detail
