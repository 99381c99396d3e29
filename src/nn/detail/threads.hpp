#pragma once

#include <ATen/Parallel.h>

namespace ablatrix::nn::detail {

/// Lets libtorch and its BLAS use \p count threads for a scope; 1 keeps them on the calling thread. OpenMP counts
/// threads per thread, so several may train at once.
class Threads
{
  public:
    explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
    ~Threads() { at::set_num_threads(before_); }
    Threads(Threads const&) = delete;
    Threads& operator=(Threads const&) = delete;

  private:
    int before_;
};

}  // namespace ablatrix::nn::detail
