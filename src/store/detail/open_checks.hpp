#pragma once

#include <filesystem>
#include <string>

#include <ablatrix/base/fingerprint.hpp>
#include <ablatrix/h5/error.hpp>
#include <ablatrix/h5/file.hpp>

/// \file
/// Is this file a result that this program can read? Every function throws ResultFileError with a way out if not.

namespace ablatrix::store::detail {

/// What can be said without HDF5: it is there, may be read, and begins as an HDF5 file does.
void check_signature(std::filesystem::path const& path);
/// Written by Ablatrix, in a version that this program knows.
void check_format(h5::File const& file, std::filesystem::path const& path);
/// A compressed file cannot be written in parallel, and is finished anyway.
void refuse_packed(std::filesystem::path const& path);
/// Names, axes and settings carry a checksum since version 2.
void check_layout_fingerprint(h5::File const& file, std::filesystem::path const& path, base::Fingerprint const& found);
/// HDF5 could not open or read it.
[[noreturn]] void fail_damaged(std::filesystem::path const& path, h5::H5Error const& error);
/// Its contents make no sense: \p why.
[[noreturn]] void fail_damaged(std::filesystem::path const& path, std::string const& why);

}  // namespace ablatrix::store::detail
