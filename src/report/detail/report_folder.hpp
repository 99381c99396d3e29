#pragma once

#include <array>
#include <filesystem>
#include <string_view>

namespace ablatrix::report::detail {

/// Folders of a report beside index.html: drawings with their numbers, and all records.
inline constexpr std::array<std::string_view, 2> report_folders = {"figures", "data"};

std::filesystem::path without_trailing_slash(std::filesystem::path const& path);
/// \throws Error unless \p folder is missing, empty, an earlier report, or \p is_forced
void check_folder(std::filesystem::path const& folder, bool is_forced);

/// FOLDER.partial, in which a report is made; gone at the end unless it was moved.
class PartialFolder
{
  public:
    explicit PartialFolder(std::filesystem::path const& folder);
    ~PartialFolder();
    PartialFolder(PartialFolder const&) = delete;
    PartialFolder& operator=(PartialFolder const&) = delete;
    std::filesystem::path const& path() const { return path_; }
    /// Replace the report in \p folder; other files there stay.
    void move_to(std::filesystem::path const& folder);

  private:
    std::filesystem::path path_;
};

}  // namespace ablatrix::report::detail
