#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <ablatrix/base/fingerprint.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::store::detail {

/// Everything that ResultFile::create() needs, as the bytes of a bundle: journals carry it, and its fingerprint stands
/// in the result file, so that a flipped bit in a stored name is noticed. Equal contents give equal bytes.
std::vector<std::byte> layout_bytes(ResultLayout const& layout, Provenance const& provenance);

/// \throws Error for bytes that layout_bytes() has not made
std::pair<ResultLayout, Provenance> parse_layout(std::span<std::byte const> bytes);

base::Fingerprint layout_fingerprint(ResultLayout const& layout, Provenance const& provenance);

}  // namespace ablatrix::store::detail
