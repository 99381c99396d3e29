#pragma once

#include <stdexcept>

namespace ablatrix::fuzz {

/// Not an ablatrix::Error, so nobody swallows it.
inline void require(bool condition, char const* promise)
{
    if (!condition) throw std::logic_error(promise);
}

}  // namespace ablatrix::fuzz
