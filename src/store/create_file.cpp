#include "detail/create_file.hpp"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include <ablatrix/base/fault_point.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/h5/error.hpp>
#include <ablatrix/h5/file.hpp>

#include "detail/file_io.hpp"
#include "detail/layout_io.hpp"
#include "detail/write_lock.hpp"

namespace fs = std::filesystem;

namespace ablatrix::store::detail {

namespace {

constexpr auto longest_wait = std::chrono::seconds{10};

/// The unfinished file, locked, so that two jobs that start at the same moment cannot publish each other's half.
/// Removed in the end unless published. One that a killed job left is taken over.
class PartialFile
{
  public:
    explicit PartialFile(fs::path const& target) : path_(target.native() + ".partial")
    {
        do
            lock_ = WriteLock::exclusive_or_new(path_, longest_wait);
        while (!lock_.is_of(path_));
    }
    ~PartialFile()
    {
        if (!published_) ::unlink(path_.c_str());
    }
    PartialFile(PartialFile const&) = delete;
    PartialFile& operator=(PartialFile const&) = delete;

    fs::path const& path() const noexcept { return path_; }

    /// Rename to \p target, which must not exist. \return 0 or errno
    int publish(fs::path const& target)
    {
        int const code = rename_new(path_, target);
        published_ = code == 0;
        return code;
    }

  private:
    fs::path path_;
    WriteLock lock_;
    bool published_ = false;
};

fs::path folder_of(fs::path const& path)
{
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

[[noreturn]] void fail(fs::path const& path, std::string const& why, std::string const& way_out)
{
    throw ResultFileError("cannot create result file '" + path.native() + "' (" + why + "). " + way_out);
}

[[noreturn]] void fail_space(fs::path const& path, std::uint64_t needed, std::string const& why)
{
    std::string text = why + ": " + base::human_bytes(needed) + " needed";
    if (auto const left = free_bytes(folder_of(path))) text += ", " + base::human_bytes(*left) + " free";
    fail(path, text, "Free some space, choose another folder, or make the grid smaller");
}

bool is_space(int code)
{
    return code == ENOSPC || code == EDQUOT || code == EFBIG;
}

/// Ask for the space before writing: a file system that is full, or a quota, answers here rather than halfway.
void reserve_space(fs::path const& path, fs::path const& partial, std::uint64_t needed)
{
    auto const left = free_bytes(folder_of(path));
    if (left && *left < needed) fail_space(path, needed, "disk full");
    FileDescriptor const file(::open(partial.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    if (!file.is_open()) fail(path, reason(errno), "Check the folder's permissions or choose another one");
    int const code = ::fallocate(file.number(), 0, 0, static_cast<off_t>(needed)) == 0 ? 0 : errno;
    if (is_space(code)) fail_space(path, needed, reason(code));
}

void write_file(fs::path const& path, fs::path const& partial, std::uint64_t needed, ResultLayout const& layout,
                Provenance const& provenance)
{
    try {
        auto file = h5::File::create(partial);
        write_layout(file, layout, provenance);
        file.flush();
        file.close();
    }
    catch (h5::H5Error const& error) {
        if (error.mentions("errno = " + std::to_string(ENOSPC)) || error.mentions("errno = " + std::to_string(EDQUOT)))
            fail_space(path, needed, "disk full");
        fail(path, error.what(), "Check the disk or choose another folder");
    }
}

}  // namespace

void create_file(fs::path const& path, ResultLayout const& layout, Provenance const& provenance)
{
    std::error_code code;
    fs::create_directories(folder_of(path), code);
    if (code) fail(path, "its folder: " + code.message(), "Choose another folder");
    PartialFile partial(path);
    if (fs::exists(fs::symlink_status(path)))
        fail(path, "it exists", "The same command again continues it; or remove it, or choose another name");

    auto const needed = ResultFile::estimated_bytes(layout, provenance);
    reserve_space(path, partial.path(), needed);
    write_file(path, partial.path(), needed, layout, provenance);
    if (int const sync = sync_path(partial.path()); sync != 0) {
        if (is_space(sync)) fail_space(path, needed, reason(sync));
        fail(path, reason(sync), "Check the disk or choose another folder");
    }
    base::fault_point("result.written");
    if (int const rename = partial.publish(path); rename != 0)
        fail(path, rename == EEXIST ? "another job has just created it" : reason(rename), "Choose another name");
    base::fault_point("result.published");
    sync_path(folder_of(path));
}

}  // namespace ablatrix::store::detail
