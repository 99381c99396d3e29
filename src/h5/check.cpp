#include "detail/check.hpp"

#include <utility>

#include <ablatrix/base/log.hpp>
#include <ablatrix/h5/error.hpp>

namespace ablatrix::h5 {

namespace {

std::string message_of(std::string const& action, std::vector<std::string> const& stack)
{
    return stack.empty() ? action : action + " (HDF5: " + stack.back() + ")";
}

}  // namespace

H5Error::H5Error(std::string const& action, std::vector<std::string> stack)
    : Error(message_of(action, stack)), stack_(std::move(stack))
{}

bool H5Error::mentions(std::string_view text) const noexcept
{
    for (auto const& frame : stack_)
        if (frame.find(text) != std::string::npos) return true;
    return false;
}

void Handle::reset() noexcept
{
    if (!is_open()) return;
    if (H5Idec_ref(release()) >= 0) return;
    auto const stack = detail::take_stack();
    base::log_warning("an HDF5 object could not be closed: " +
                      (stack.empty() ? std::string("no reason given") : stack.back()));
}

namespace detail {

namespace {

herr_t keep_frame(unsigned /*depth*/, H5E_error2_t const* frame, void* stack)
{
    static_cast<std::vector<std::string>*>(stack)->push_back(std::string(frame->func_name) + ": " + frame->desc);
    return 0;
}

}  // namespace

void silence()
{
    thread_local bool const done = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
    static_cast<void>(done);
}

std::vector<std::string> take_stack()
{
    std::vector<std::string> stack;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_frame, &stack);
    H5Eclear2(H5E_DEFAULT);
    return stack;
}

void fail(std::string_view verb, std::string_view path)
{
    throw H5Error("cannot " + std::string(verb) + " '" + std::string(path) + "'", take_stack());
}

}  // namespace detail

}  // namespace ablatrix::h5
