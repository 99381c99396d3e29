#pragma once

#include <filesystem>

#include <ablatrix/store/result_file.hpp>

namespace ablatrix::store::detail {

/// ResultFile::create() on one process: everything under `<path>.partial`, flushed, then renamed. The layout has been
/// checked.
void create_file(std::filesystem::path const& path, ResultLayout const& layout, Provenance const& provenance);

}  // namespace ablatrix::store::detail
