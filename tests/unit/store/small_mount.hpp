#pragma once

#include <filesystem>
#include <string>

#include <sys/mount.h>

#include "support/temporary_folder.hpp"

namespace ablatrix::test {

/// A tmpfs of a few bytes, mounted for one test where the system lets us (root with CAP_SYS_ADMIN).
class SmallMount
{
  public:
    explicit SmallMount(std::string const& options)
        : mounted_(mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, options.c_str()) == 0)
    {}
    ~SmallMount()
    {
        if (mounted_) umount2(folder_.path().c_str(), MNT_DETACH);
    }
    SmallMount(SmallMount const&) = delete;
    SmallMount& operator=(SmallMount const&) = delete;

    bool is_mounted() const noexcept { return mounted_; }
    std::filesystem::path const& path() const noexcept { return folder_.path(); }
    bool make_read_only() const
    {
        return mount("tmpfs", folder_.path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) == 0;
    }

  private:
    TemporaryFolder folder_;
    bool mounted_;
};

}  // namespace ablatrix::test
