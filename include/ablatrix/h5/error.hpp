#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ablatrix/base/error.hpp>

namespace ablatrix::h5 {

/// A failed HDF5 call: what was tried, the innermost reason, and HDF5's whole error stack.
class H5Error : public Error
{
  public:
    /// \p stack outermost frame first, as HDF5 walks it; may be empty
    H5Error(std::string const& action, std::vector<std::string> stack);
    std::vector<std::string> const& stack() const noexcept { return stack_; }
    /// Does any frame contain \p text?
    bool mentions(std::string_view text) const noexcept;

  private:
    std::vector<std::string> stack_;
};

}  // namespace ablatrix::h5
