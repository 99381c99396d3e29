#pragma once

#include <filesystem>

namespace ablatrix::store::detail {

/// A result file in the making, under a name of its own: removed in the end unless published.
class UnpublishedFile
{
  public:
    /// What an earlier attempt left under that name is removed.
    explicit UnpublishedFile(std::filesystem::path path);
    ~UnpublishedFile();
    UnpublishedFile(UnpublishedFile const&) = delete;
    UnpublishedFile& operator=(UnpublishedFile const&) = delete;

    std::filesystem::path const& path() const noexcept { return path_; }

    /// Flush it to the device and give it its name. \throws ResultFileError when \p target exists, unless \p replace
    void publish(std::filesystem::path const& target, bool replace = false);

  private:
    std::filesystem::path path_;
};

}  // namespace ablatrix::store::detail
