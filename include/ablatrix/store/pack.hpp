#pragma once

#include <cstdint>
#include <filesystem>

namespace ablatrix::store {

struct PackedSize
{
    std::uint64_t before = 0, after = 0;  ///< bytes
};

/// A compressed copy of the result file \p from, for reading only: h5py and every reading command take it, writers
/// refuse it. Every row is compared before the copy gets its name.
///
/// \p target may be \p from itself, which is then replaced; otherwise it must not exist. It appears whole or not at
/// all. \throws ResultFileError when \p from is damaged or is being written
PackedSize pack(std::filesystem::path const& from, std::filesystem::path const& target);

}  // namespace ablatrix::store
