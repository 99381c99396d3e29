#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/entries.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    ablatrix::fuzz::check_safetensors(std::as_bytes(std::span{data, size}));
    return 0;
}
