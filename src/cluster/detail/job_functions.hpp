#pragma once

#include <string_view>

namespace ablatrix::cluster::detail {

/// The text of slurm/job.sh, so that a submitted script needs no file beside the program.
extern std::string_view const job_functions;

}  // namespace ablatrix::cluster::detail
