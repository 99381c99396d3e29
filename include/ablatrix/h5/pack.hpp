#pragma once

#include <ablatrix/h5/file.hpp>

namespace ablatrix::h5 {

/// Copy every group, dataset and attribute of \p from into the empty file \p to, datasets in chunks that are shuffled
/// and compressed (deflate): for reading only, because parallel writes need contiguous datasets.
void pack(File const& from, File& to);

}  // namespace ablatrix::h5
