#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <ablatrix/nn/encoder.hpp>

#include "arguments.hpp"

/// \file
/// What the actions of `ablatrix model` share: their options, their texts, and how they say how far they are.

namespace ablatrix::app {

/// From --device, --precision and --threads.
nn::Compute compute_of(Arguments const& arguments);
/// --max-length; 0: not given.
int max_length_of(Arguments const& arguments);

/// The columns that --text and --text2 name.
std::vector<std::string> text_columns(Arguments const& arguments);

/// First texts, and second ones with --text2.
struct Texts
{
    std::vector<std::string> first, second;
};
/// Of the TABLE, or of standard input.
Texts read_texts(Arguments const& arguments);

/// "12000 of 25000 texts, 40 s left" on standard error: twice a second in place, or every ten seconds in a log.
class WorkProgress
{
  public:
    /// \p what is counted: "texts".
    WorkProgress(std::size_t total, std::string what);
    ~WorkProgress();
    WorkProgress(WorkProgress const&) = delete;
    WorkProgress& operator=(WorkProgress const&) = delete;

    /// So many were done when it began.
    void begin_at(std::size_t done);
    /// \p note comes last on the line.
    void show(std::size_t done, std::string const& note = {});

  private:
    using Clock = std::chrono::steady_clock;
    std::size_t total_;
    std::string what_;
    bool on_terminal_;
    bool shown_ = false;
    std::size_t before_ = 0;  ///< done at start_
    Clock::time_point start_ = Clock::now();
    Clock::time_point last_ = start_;
};

}  // namespace ablatrix::app
