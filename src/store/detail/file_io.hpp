#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ablatrix::store::detail {

/// An open file descriptor. Move-only.
class FileDescriptor
{
  public:
    FileDescriptor() noexcept = default;
    explicit FileDescriptor(int number) noexcept : number_(number) {}
    ~FileDescriptor();
    FileDescriptor(FileDescriptor&& other) noexcept;
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;

    int number() const noexcept { return number_; }
    bool is_open() const noexcept { return number_ >= 0; }

  private:
    int number_ = -1;
};

/// What errno says, such as "No space left on device".
std::string reason(int code);

/// Bytes that this process may still write to the file system of \p folder; none when that is unknown.
std::optional<std::uint64_t> free_bytes(std::filesystem::path const& folder);

/// Read up to \p bytes from \p offset; fewer at the end of the file. None on a read error, with errno set.
std::optional<std::vector<std::byte>> read_bytes(int file, std::uint64_t offset, std::size_t bytes);

/// A new file in \p folder that is removed again unless it is renamed into place; see remove_orphans().
///
/// Failures are reported as Error with path, reason, and, for a full disk, the space needed and left.
class TemporaryFile
{
  public:
    /// \p stem begins the name, which becomes unique among processes and hosts
    TemporaryFile(std::filesystem::path const& folder, std::string const& stem);
    ~TemporaryFile();
    TemporaryFile(TemporaryFile const&) = delete;
    TemporaryFile& operator=(TemporaryFile const&) = delete;

    void write(std::span<std::byte const> bytes);
    /// Flush to the device and rename to \p target, replacing what is there.
    void publish(std::filesystem::path const& target);

  private:
    [[noreturn]] void fail(int code) const;
    std::filesystem::path path_;
    FileDescriptor file_;
    std::uint64_t bytes_ = 0;
};

/// Remove the temporary files in \p folder of processes on this host that were killed. Those that live hold a lock;
/// where there are no locks nothing is removed.
void remove_orphans(std::filesystem::path const& folder);

/// Rename to \p target, which must not exist (callers look before: some file systems cannot tell). \return 0 or errno
int rename_new(std::filesystem::path const& path, std::filesystem::path const& target);

/// Flush a file or a folder to the device; \return 0 or errno
int sync_path(std::filesystem::path const& path);

}  // namespace ablatrix::store::detail
