#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace ablatrix::nn::detail {

/// The bytes of a file, mapped copy-on-write: code that writes to them in place neither faults nor changes the file.
class FileMapping
{
  public:
    /// \throws DataError when \p file is missing, not a plain file or cannot be read
    explicit FileMapping(std::filesystem::path const& file);
    ~FileMapping();
    FileMapping(FileMapping const&) = delete;
    FileMapping& operator=(FileMapping const&) = delete;

    std::span<std::byte const> bytes() const noexcept { return {static_cast<std::byte const*>(address_), size_}; }

  private:
    void* address_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace ablatrix::nn::detail
