#pragma once

#include <ATen/Parallel.h>

namespace ablatrix::nn::detail {

/// Keeps libtorch and its BLAS on the calling thread for a scope. OpenMP counts threads per thread, so several may
/// train at once.
class OneThread
{
  public:
    OneThread() : before_(at::get_num_threads()) { at::set_num_threads(1); }
    ~OneThread() { at::set_num_threads(before_); }
    OneThread(OneThread const&) = delete;
    OneThread& operator=(OneThread const&) = delete;

  private:
    int before_;
};

}  // namespace ablatrix::nn::detail
