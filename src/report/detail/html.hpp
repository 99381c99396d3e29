#pragma once

#include <string>
#include <string_view>

#include <ablatrix/report/document.hpp>

/// \file
/// Pieces of the page. Everything that comes from a file goes through escaped_html().

namespace ablatrix::report::detail {

/// Text that means itself in HTML and XML, also within quotes; bytes that are no UTF-8 become "?".
std::string escaped_html(std::string_view text);
/// A table whose columns sort when their heads are clicked.
std::string html_table(Table const& table);
/// A paragraph, bullet or heading; consecutive bullets are to be put into a list by the caller.
std::string html_paragraph(std::string_view text);
/// The whole page around \p body; \p title is plain text.
std::string html_page(std::string_view title, std::string_view body);
/// Stands in the first lines of every page that html_page() makes.
inline constexpr std::string_view page_mark = "<meta name=\"generator\" content=\"ablatrix report\">";

}  // namespace ablatrix::report::detail
