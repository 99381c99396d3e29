#include "report_folder.hpp"

#include <algorithm>
#include <string>
#include <system_error>

#include <ablatrix/base/error.hpp>

#include "gnuplot.hpp"
#include "html.hpp"

namespace ablatrix::report::detail {

namespace fs = std::filesystem;

namespace {

bool is_report_file(fs::path const& path)
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
        if (name == "index.html" || is_report_file(name)) continue;
        bool const is_known = std::find(report_folders.begin(), report_folders.end(), name) != report_folders.end();
        if (!is_known || !entry.is_directory()) return false;
        for (auto const& file : fs::directory_iterator(entry.path())) {
            if (!file.is_regular_file() || !is_report_file(file.path())) return false;
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

}  // namespace

fs::path without_trailing_slash(fs::path const& path)
{
    auto const full = fs::absolute(path).lexically_normal();
    return full.has_filename() ? full : full.parent_path();
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

PartialFolder::PartialFolder(fs::path const& folder) : path_(folder.native() + ".partial")
{
    if (fs::exists(path_)) {
        ABLATRIX_VALIDATE(fs::is_directory(path_) && holds_report_files_only(path_),
                          path_.native() + " is in the way and holds files that are no report's. Remove it.");
        fs::remove_all(path_);
    }
    fs::create_directories(path_);
    for (auto const name : report_folders)
        fs::create_directory(path_ / name);
}

PartialFolder::~PartialFolder()
{
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

void PartialFolder::move_to(fs::path const& folder)
{
    if (!fs::exists(folder)) {
        fs::rename(path_, folder);
        return;
    }
    bool const is_replaced = is_earlier_report(folder);
    for (auto const name : report_folders) {
        if (is_replaced) fs::remove_all(folder / name);
        fs::create_directories(folder / name);
        for (auto const& entry : fs::directory_iterator(path_ / name))
            fs::rename(entry.path(), folder / name / entry.path().filename());
    }
    // The page last: whoever opens it finds its figures.
    fs::rename(path_ / "index.html", folder / "index.html");
}

}  // namespace ablatrix::report::detail
