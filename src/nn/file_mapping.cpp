#include "detail/file_mapping.hpp"

#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::nn::detail {

namespace {

class Descriptor
{
  public:
    explicit Descriptor(std::filesystem::path const& file)
        // Without O_NONBLOCK opening a pipe waits for somebody who writes.
        : number_(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))
    {}
    ~Descriptor()
    {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(Descriptor const&) = delete;
    Descriptor& operator=(Descriptor const&) = delete;
    int number() const noexcept { return number_; }

  private:
    int number_;
};

[[noreturn]] void fail(std::filesystem::path const& file, int code)
{
    throw DataError(file.string(), 0,
                    "cannot be read (" + std::generic_category().message(code) + "). Check its path and permissions");
}

}  // namespace

FileMapping::FileMapping(std::filesystem::path const& file)
{
    Descriptor const descriptor(file);
    struct stat status = {};
    if (descriptor.number() < 0 || ::fstat(descriptor.number(), &status) != 0) fail(file, errno);
    if (!S_ISREG(status.st_mode)) throw DataError(file.string(), 0, "is not a plain file. Name a file");
    size_ = static_cast<std::size_t>(status.st_size);
    if (size_ == 0) return;  // nothing can be mapped
    // NORESERVE: a large checkpoint needs no memory of its own while nobody writes.
    void* const address =
        ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor.number(), 0);
    if (address == MAP_FAILED) fail(file, errno);
    address_ = address;
}

FileMapping::~FileMapping()
{
    if (address_ != nullptr) ::munmap(address_, size_);
}

}  // namespace ablatrix::nn::detail
