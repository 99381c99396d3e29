#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/entries.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    ablatrix::fuzz::check_tokenizer({reinterpret_cast<char const*>(data), size});
    return 0;
}
