#include "detail/write_lock.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include <ablatrix/base/log.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::store::detail {

namespace {

using namespace std::chrono_literals;

constexpr off_t lock_place = off_t{1} << 62;

enum class LockPolicy
{
    required,
    best_effort,
    none
};

LockPolicy lock_policy()
{
    char const* const variable = std::getenv("HDF5_USE_FILE_LOCKING");
    std::string_view const value = variable == nullptr ? "" : variable;
    if (value == "FALSE" || value == "0") return LockPolicy::none;
    if (value == "BEST_EFFORT") return LockPolicy::best_effort;
    return LockPolicy::required;
}

enum class Attempt
{
    locked,
    busy,
    unsupported
};

Attempt try_lock(int file, short type)
{
    struct flock request = {};
    request.l_type = type;
    request.l_whence = SEEK_SET;
    request.l_start = lock_place;
    request.l_len = 1;
    if (fcntl(file, F_OFD_SETLK, &request) == 0) return Attempt::locked;
    return errno == EAGAIN || errno == EACCES ? Attempt::busy : Attempt::unsupported;
}

FileDescriptor open_for_lock(std::filesystem::path const& path, int flags = 0)
{
    FileDescriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | flags, 0666));
    if (!file.is_open())
        throw ResultFileError("cannot open result file '" + path.native() + "' for writing (" + reason(errno) +
                              "). Check its permissions");
    return file;
}

void require_support(Attempt attempt, int code, std::filesystem::path const& path)
{
    if (attempt != Attempt::unsupported || lock_policy() == LockPolicy::best_effort) return;
    throw ResultFileError("cannot lock result file '" + path.native() + "' (" + reason(code) +
                          "): its file system seems to have no locks. Set HDF5_USE_FILE_LOCKING=FALSE in the "
                          "environment and make sure that only one job writes the file");
}

}  // namespace

std::optional<bool> is_being_written(std::filesystem::path const& path)
{
    FileDescriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (lock_policy() == LockPolicy::none || !file.is_open()) return std::nullopt;
    struct flock request = {};
    request.l_type = F_WRLCK;
    request.l_whence = SEEK_SET;
    request.l_start = lock_place;
    request.l_len = 1;
    if (fcntl(file.number(), F_OFD_GETLK, &request) != 0) return std::nullopt;
    return request.l_type != F_UNLCK;
}

WriteLock WriteLock::exclusive(std::filesystem::path const& path, std::chrono::milliseconds wait)
{
    if (lock_policy() == LockPolicy::none) return {};
    return wait_for(open_for_lock(path), path, wait);
}

WriteLock WriteLock::exclusive_or_new(std::filesystem::path const& path, std::chrono::milliseconds wait)
{
    auto file = open_for_lock(path, O_CREAT);
    if (lock_policy() == LockPolicy::none) return {};
    return wait_for(std::move(file), path, wait);
}

WriteLock WriteLock::wait_for(FileDescriptor file, std::filesystem::path const& path, std::chrono::milliseconds wait)
{
    WriteLock lock;
    lock.file_ = std::move(file);
    auto const deadline = std::chrono::steady_clock::now() + wait;
    bool told = false;
    for (auto pause = 1ms;; pause = std::min<std::chrono::milliseconds>(2 * pause, 200ms)) {
        auto const attempt = try_lock(lock.file_.number(), F_WRLCK);
        require_support(attempt, errno, path);
        if (attempt != Attempt::busy) return lock;
        if (std::chrono::steady_clock::now() >= deadline) break;
        if (!told) base::log_info("waiting for another writer of '" + path.native() + "' to end");
        told = true;
        std::this_thread::sleep_for(pause);
    }
    throw ResultFileError("result file '" + path.native() +
                          "' is being written by another process. Wait until that job " +
                          "has ended, or choose another file");
}

WriteLock WriteLock::shared(std::filesystem::path const& path)
{
    WriteLock lock;
    if (lock_policy() == LockPolicy::none) return lock;
    lock.file_ = open_for_lock(path);
    auto const attempt = try_lock(lock.file_.number(), F_RDLCK);
    require_support(attempt, errno, path);
    if (attempt == Attempt::busy)
        throw ResultFileError("result file '" + path.native() +
                              "' is being written by another job. Wait until it has ended");
    return lock;
}

void WriteLock::share()
{
    if (file_.is_open()) try_lock(file_.number(), F_RDLCK);
}

bool WriteLock::is_of(std::filesystem::path const& path) const
{
    if (!file_.is_open()) return true;
    struct stat locked = {};
    struct stat found = {};
    return fstat(file_.number(), &locked) == 0 && ::stat(path.c_str(), &found) == 0 && locked.st_ino == found.st_ino &&
           locked.st_dev == found.st_dev;
}

}  // namespace ablatrix::store::detail
