#pragma once

#include <string>
#include <vector>

#include "arguments.hpp"

/// \file
/// One function a command, one file a function. A command gets the words after its name and returns the exit code.

namespace ablatrix::app {

/// How a command ended (design.md, "Command line").
enum class ExitCode : int
{
    ok = 0,
    usage = 1,        ///< usage, configuration, input or environment
    some_failed = 2,  ///< some runs failed; results differ; a damaged artifact was found
    gate_failed = 3,  ///< or cannot be decided
    run_again = 75  ///< stopped early: the same command continues
};

using Words = std::vector<std::string>;

ArgumentParser run_arguments();
ArgumentParser plan_arguments();
ArgumentParser status_arguments();
ArgumentParser summarize_arguments();
ArgumentParser compare_arguments();
ArgumentParser report_arguments();
ArgumentParser errors_arguments();
ArgumentParser gates_arguments();
ArgumentParser diff_arguments();
ArgumentParser verify_arguments();
ArgumentParser rebuild_arguments();
ArgumentParser pack_arguments();
ArgumentParser replay_arguments();
ArgumentParser cache_arguments();
ArgumentParser model_arguments();
ArgumentParser doctor_arguments();
ArgumentParser submit_arguments();

/// Starts MPI itself, because errors are to be printed by one rank only.
ExitCode run_command(Words const& words, int& argc, char**& argv);
ExitCode plan_command(Arguments const& arguments);
ExitCode status_command(Arguments const& arguments);
ExitCode summarize_command(Arguments const& arguments);
ExitCode compare_command(Arguments const& arguments);
ExitCode report_command(Arguments const& arguments);
ExitCode errors_command(Arguments const& arguments);
ExitCode gates_command(Arguments const& arguments);
ExitCode diff_command(Arguments const& arguments);
ExitCode verify_command(Arguments const& arguments);
ExitCode rebuild_command(Arguments const& arguments);
ExitCode pack_command(Arguments const& arguments);
ExitCode replay_command(Arguments const& arguments);
ExitCode cache_command(Arguments const& arguments);
ExitCode model_command(Arguments const& arguments);
ExitCode doctor_command(Arguments const& arguments);
ExitCode submit_command(Arguments const& arguments);

}  // namespace ablatrix::app
