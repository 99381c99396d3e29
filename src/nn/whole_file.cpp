#include "detail/whole_file.hpp"

#include <atomic>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

#include "detail/file_mapping.hpp"

namespace ablatrix::nn::detail {

namespace {

[[noreturn]] void fail(std::filesystem::path const& file, int code)
{
    throw Error("cannot write " + file.string() + " (" + std::generic_category().message(code) +
                "). Free some space, check the folder's permissions or choose another folder");
}

/// A file of its own beside its target; removed unless it took the target's place.
class Unfinished
{
  public:
    explicit Unfinished(std::filesystem::path const& target) : target_(target)
    {
        static std::atomic<unsigned> counter{0};
        auto const stem = target.string() + ".tmp-" + std::to_string(::getpid()) + "-";
        // A killed process of the same number, as containers have it, may have left some of the names behind.
        do {
            path_ = stem + std::to_string(counter++);
            number_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        } while (number_ < 0 && errno == EEXIST);
        if (number_ < 0) fail(target_, errno);
    }
    ~Unfinished()
    {
        if (number_ >= 0) ::close(number_);
        if (!path_.empty()) ::unlink(path_.c_str());
    }
    Unfinished(Unfinished const&) = delete;
    Unfinished& operator=(Unfinished const&) = delete;

    void write(std::span<std::byte const> bytes)
    {
        while (!bytes.empty()) {
            auto const written = ::write(number_, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) fail(target_, errno);
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        }
    }

    void publish()
    {
        if (::fsync(number_) != 0) fail(target_, errno);
        if (::rename(path_.c_str(), target_.c_str()) != 0) fail(target_, errno);
        path_.clear();
    }

  private:
    std::filesystem::path const& target_;
    std::string path_;
    int number_ = -1;
};

}  // namespace

void write_whole_file(std::filesystem::path const& file, std::span<std::span<std::byte const> const> pieces)
{
    Unfinished out(file);
    for (auto const& piece : pieces)
        out.write(piece);
    out.publish();
}

void write_whole_file(std::filesystem::path const& file, std::string_view text)
{
    auto const bytes = std::as_bytes(std::span{text.data(), text.size()});
    write_whole_file(file, std::span{&bytes, 1});
}

std::string read_whole_file(std::filesystem::path const& file, std::size_t limit)
{
    FileMapping const mapping(file);
    auto const bytes = mapping.bytes();
    if (bytes.size() > limit)
        throw DataError(file.string(), 0,
                        "has " + base::human_bytes(bytes.size()) + ", more than the " + base::human_bytes(limit) +
                            " that such a file may have. Check that it is the right file");
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

}  // namespace ablatrix::nn::detail
