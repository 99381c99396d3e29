#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "figure.hpp"

namespace ablatrix::report::detail {

/// Whether gnuplot is on the PATH and can write SVG and PDF. \throws Error that names the package to install
void check_gnuplot();

/// Write NAME.svg, NAME.pdf, NAME.csv and further tables of every figure into \p folder, which exists.
///
/// The same figures give the same bytes with one version of gnuplot: \p pdf_date ("20260131120000Z") stands for the
/// time of writing in PDF files.
/// \throws Error with gnuplot's own words
void draw_figures(std::vector<Figure> const& figures, std::filesystem::path const& folder, std::string const& pdf_date);

/// The drawing as an element of a page: without prolog, with \p alt, ids made unique by \p name.
std::string inline_svg(std::string svg, std::string const& name, std::string const& alt);

std::string read_text_file(std::filesystem::path const& path);
void write_text_file(std::filesystem::path const& path, std::string const& text);

}  // namespace ablatrix::report::detail
