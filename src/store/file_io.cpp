#include "detail/file_io.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

namespace ablatrix::store::detail {

namespace {

/// ".node7."
std::string host_mark()
{
    char host[256] = {};
    if (gethostname(host, sizeof(host) - 1) != 0) host[0] = '\0';
    return std::string(".") + host + ".";
}

constexpr std::string_view temporary_extension = ".tmp";

std::string unique_suffix()
{
    static std::atomic<unsigned> counter{0};
    return host_mark() + std::to_string(getpid()) + "." + std::to_string(counter++) + std::string(temporary_extension);
}

/// 0 or errno. The lock goes with the process; nobody but remove_orphans() asks for it.
int try_lock(int file)
{
    struct flock request = {};
    request.l_type = F_WRLCK;
    request.l_whence = SEEK_SET;
    return fcntl(file, F_OFD_SETLK, &request) == 0 ? 0 : errno;
}

bool is_removed(int file)
{
    struct stat status = {};
    return fstat(file, &status) == 0 && status.st_nlink == 0;
}

}  // namespace

FileDescriptor::~FileDescriptor()
{
    if (is_open()) ::close(number_);
}

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept
{
    std::swap(number_, other.number_);
    return *this;
}

std::string reason(int code)
{
    return std::generic_category().message(code);
}

std::optional<std::uint64_t> free_bytes(std::filesystem::path const& folder)
{
    struct statvfs status = {};
    if (statvfs(folder.c_str(), &status) != 0) return std::nullopt;
    return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

std::optional<std::vector<std::byte>> read_bytes(int file, std::uint64_t offset, std::size_t bytes)
{
    std::vector<std::byte> buffer(bytes);
    std::size_t done = 0;
    while (done < bytes) {
        auto const got = ::pread(file, buffer.data() + done, bytes - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::nullopt;
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    buffer.resize(done);
    return buffer;
}

TemporaryFile::TemporaryFile(std::filesystem::path const& folder, std::string const& stem)
{
    // Until it is locked it may be taken for an orphan.
    int locked = 0;
    do {
        path_ = folder / (stem + unique_suffix());
        file_ = FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        if (!file_.is_open()) fail(errno);
        locked = try_lock(file_.number());
    } while (locked == EAGAIN || locked == EACCES || is_removed(file_.number()));
}

TemporaryFile::~TemporaryFile()
{
    if (!path_.empty()) ::unlink(path_.c_str());
}

void TemporaryFile::write(std::span<std::byte const> bytes)
{
    bytes_ += bytes.size();
    for (std::size_t done = 0; done < bytes.size();) {
        auto const written = ::write(file_.number(), bytes.data() + done, bytes.size() - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail(errno);
        done += static_cast<std::size_t>(written);
    }
}

void TemporaryFile::publish(std::filesystem::path const& target)
{
    if (::fsync(file_.number()) != 0) fail(errno);
    if (::rename(path_.c_str(), target.c_str()) != 0) fail(errno);
    path_.clear();
}

void TemporaryFile::fail(int code) const
{
    auto const folder = path_.parent_path();
    std::string message = "cannot write to '" + folder.native() + "' (" + reason(code);
    if (code == ENOSPC || code == EDQUOT) {
        message += ": at least " + base::human_bytes(bytes_) + " needed";
        if (auto const left = free_bytes(folder)) message += ", " + base::human_bytes(*left) + " free";
        message += "). Free some space or choose another folder";
    }
    else {
        message += "). Check the folder's permissions or choose another one";
    }
    throw Error(message);
}

void remove_orphans(std::filesystem::path const& folder)
{
    std::error_code code;
    for (auto const& entry : std::filesystem::directory_iterator(folder, code)) {
        auto const name = entry.path().filename().native();
        if (!name.ends_with(temporary_extension) || name.find(host_mark()) == std::string::npos) continue;
        FileDescriptor const file(::open(entry.path().c_str(), O_WRONLY | O_CLOEXEC));
        if (file.is_open() && try_lock(file.number()) == 0) ::unlink(entry.path().c_str());
    }
}

int rename_new(std::filesystem::path const& path, std::filesystem::path const& target)
{
    int const code = renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0 ? 0 : errno;
    if (code != EINVAL && code != ENOSYS) return code;
    return ::rename(path.c_str(), target.c_str()) == 0 ? 0 : errno;
}

int sync_path(std::filesystem::path const& path)
{
    FileDescriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) return errno;
    // Some file systems cannot flush folders and say EINVAL.
    return ::fsync(file.number()) == 0 || errno == EINVAL ? 0 : errno;
}

}  // namespace ablatrix::store::detail
