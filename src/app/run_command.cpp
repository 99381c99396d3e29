#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/log.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/mpi/communicator.hpp>
#include <ablatrix/mpi/devices.hpp>
#include <ablatrix/plan/experiment.hpp>
#include <ablatrix/report/document.hpp>
#include <ablatrix/report/gates.hpp>
#include <ablatrix/report/summary.hpp>
#include <ablatrix/sched/dispatch.hpp>
#include <ablatrix/sched/execute.hpp>
#include <ablatrix/store/cache.hpp>
#include <ablatrix/store/journal.hpp>
#include <ablatrix/store/result_file.hpp>

#include "commands.hpp"
#include "experiment_setup.hpp"
#include "journal_text.hpp"
#include "plan_text.hpp"
#include "provenance.hpp"
#include "resume.hpp"
#include "stage_child.hpp"
#include "stopping.hpp"

namespace ablatrix::app {
namespace {

/// An error that every rank knows of; rank 0 prints it.
class SharedError : public Error
{
  public:
    using Error::Error;
};

/// Do \p work on every rank. If it fails anywhere, every rank throws the first message, so that nobody is left waiting.
void together(mpi::Communicator const& world, std::function<void()> const& work)
{
    std::string problem;
    try {
        work();
    }
    catch (ContractError const& e) {
        problem = std::string{"internal error: "} + e.what();
    }
    catch (std::exception const& e) {
        problem = e.what();
        if (problem.empty()) problem = "unknown error";
    }
    auto const problems = world.gather_all(problem);
    auto const first = std::find_if(problems.begin(), problems.end(), [](auto const& text) { return !text.empty(); });
    if (first == problems.end()) return;
    // Rank 0 speaks for all, or did the work alone; only a problem that it does not have needs a place.
    auto const rank = first - problems.begin();
    throw SharedError(*first + (rank == 0 ? "" : " (on rank " + std::to_string(rank) + ")"));
}

void print_lines(std::string const& text)
{
    std::fputs((text.ends_with("\n") ? text : text + "\n").c_str(), stderr);
}

/// One `run` as seen by one rank.
class RunCommand
{
  public:
    RunCommand(mpi::Communicator& world, Words const& words) : world_(world), words_(words) {}

    ExitCode execute()
    {
        together(world_, [&] { read_arguments(); });
        options_.recovery =
            world_.broadcast(mpi::Environment::survives_losses() ? "yes" : "no") == "yes" && world_.size() > 1;
        share_experiment_text();
        if (arguments_.has("print-config")) return print_config();
        together(world_, [&] { setup_ = plan_experiment(request_); });
        check_equal_plans();
        together(world_, [&] { check_target(); });
        if (arguments_.has("dry-run")) return print_plan();
        together(world_, [&] { prepare_folders(); });
        bind_device();
        open_result();
        auto const outcome = run_grid();
        if (options_.recovery) leave(outcome);
        together(world_, [&] { result_->close(); });
        result_.reset();
        return report(outcome);
    }

  private:
    bool leads() const { return world_.rank() == 0; }

    void read_arguments()
    {
        arguments_ = run_arguments().parse(words_);
        request_.file = arguments_.get("EXPERIMENT");
        request_.sets = arguments_.all("set");
        request_.only = arguments_.all("only");
        output_ = arguments_.get("output");
        if (output_.empty() && !arguments_.has("print-config") && !arguments_.has("dry-run")) {
            throw UsageError("where should the results go? Add -o RESULT.h5");
        }
        cache_folder_ = cache_folder(arguments_.get("cache"), output_);
        options_.drain_signals = drain_signals(arguments_);
        if (leads()) time_limit_ = time_limit(arguments_);
        if (time_limit_) options_.deadline_s = time_limit_->deadline_s;
    }

    /// Rank 0's copy of the file is the one that counts: other hosts may see an older one, or none.
    void share_experiment_text()
    {
        together(world_, [&] {
            if (leads()) request_.text = read_text_file(request_.file);
        });
        request_.text = world_.broadcast(request_.text);
    }

    ExitCode print_config()
    {
        together(world_, [&] {
            if (leads()) std::fputs(read_experiment(request_).resolved.to_yaml().c_str(), stdout);
        });
        if (leads()) std::fputs("\n", stdout);
        return ExitCode::ok;
    }

    void check_equal_plans()
    {
        auto const plans = world_.gather_all(setup_.plan().fingerprint.text());
        together(world_, [&] {
            for (std::size_t rank = 1; rank < plans.size(); ++rank) {
                ABLATRIX_VALIDATE(plans[rank] == plans[0], "rank " + std::to_string(rank) +
                                                               " planned another grid than rank 0 (" + plans[rank] +
                                                               ", " + plans[0] +
                                                               "). Data files or program versions differ between "
                                                               "hosts: compare them, or use a shared file system");
            }
        });
    }

    /// Does the result file exist, and is it of this experiment? Rank 0 looks, everybody follows.
    void check_target()
    {
        if (!leads() || output_.empty()) return;
        ABLATRIX_VALIDATE(!std::filesystem::is_directory(output_),
                          "'" + output_.string() + "' is a folder, expected a file name such as result.h5.");
        store::refuse_lost_file(output_);
        if (!std::filesystem::exists(output_)) {
            ABLATRIX_VALIDATE(!arguments_.has("resume"), "nothing to resume: '" + output_.string() +
                                                             "' does not exist. Leave out --resume to start.");
            return;
        }
        auto const existing = store::ResultFile::open_readonly(output_);
        std::string const change = describe_change(existing, setup_.plan());
        ABLATRIX_VALIDATE(change.empty(), "'" + output_.string() +
                                              "' holds another experiment, what changed:" + change +
                                              "\nName another file with -o, or undo the change to continue. Finished "
                                              "work in the cache is kept either way.");
        resumes_ = true;
    }

    ExitCode print_plan()
    {
        together(world_, [&] {
            if (!leads()) return;
            CacheView const view(cache_folder_);
            std::optional<store::ResultFile> existing;
            if (resumes_) existing = store::ResultFile::open_readonly(output_);
            auto const remaining = sched::what_remains(setup_.plan(), view.cache(), existing ? &*existing : nullptr);
            auto document = describe_plan(setup_.plan(), remaining);
            document.append(outlook_of(setup_.plan(), *setup_.job).document);
            std::fputs(report::render_terminal(document).c_str(), stdout);
        });
        return ExitCode::ok;
    }

    void prepare_folders()
    {
        if (leads() && output_.has_parent_path()) {
            std::error_code error;
            std::filesystem::create_directories(output_.parent_path(), error);
            ABLATRIX_VALIDATE(
                !error, "cannot create folder '" + output_.parent_path().string() + "' (" + error.message() + ").");
        }
        cache_.emplace(cache_folder_);
    }

    void bind_device()
    {
        auto const& execution = setup_.plan().experiment.execution;
        bool const works = world_.size() == 1 || !leads();
        together(world_, [&] {
            device_ = mpi::bind_device(world_, {execution.device, execution.share_devices, execution.threads}, works);
        });
        devices_ = mpi::gather_bindings(world_, device_);
        if (!leads()) return;
        print_lines(mpi::format_device_table(devices_));
        if (time_limit_) print_lines(time_limit_->text);
    }

    void open_result()
    {
        resumes_ = world_.broadcast(resumes_ ? "yes" : "no") == "yes";
        if (!resumes_) create_result();
        together(world_, [&] { result_.emplace(store::ResultFile::open(output_, world_)); });
        together(world_, [&] {
            if (!leads()) return;
            std::string const replay = describe_replay(result_->replayed());
            if (!replay.empty()) print_lines(replay);
            auto const remaining = sched::what_remains(setup_.plan(), *cache_, &*result_);
            print_lines((resumes_ ? "Continuing '" : "Running '") + setup_.plan().experiment.name +
                        "': " + summarise_plan(setup_.plan(), remaining));
            if (resumes_) return;
            auto const warnings = warning_lines(outlook_of(setup_.plan(), *setup_.job));
            if (!warnings.empty()) print_lines(warnings);
        });
    }

    void create_result()
    {
        std::vector<std::string> command_line = {"ablatrix", "run"};
        command_line.insert(command_line.end(), words_.begin(), words_.end());
        store::Provenance provenance;
        together(world_, [&] { provenance = make_provenance(setup_.plan(), *setup_.job, devices_, command_line); });
        // Times and environments differ between ranks; the file needs one text, rank 0's.
        for (auto& [key, value] : provenance.facts)
            value = world_.broadcast(value);
        together(world_, [&] { store::ResultFile::create(output_, setup_.plan().layout, provenance, world_); });
    }

    sched::Outcome run_grid()
    {
        options_.stage_child = stage_child_command_line(setup_.plan().experiment.job);
        try {
            return sched::execute(setup_.plan(), *cache_, *result_, world_, device_, options_);
        }
        catch (std::exception const& e) {
            if (world_.size() == 1) throw SharedError(e.what());
            // Others may be waiting for this rank.
            std::fprintf(stderr, "ablatrix: %s (on rank %d)\n", e.what(), world_.rank());
            if (options_.recovery) end_process(ExitCode::usage);
            std::fflush(stderr);
            world_.abort(static_cast<int>(ExitCode::usage));
        }
    }

    /// The end of a run in which ranks may have been lost: nothing here waits for another rank.
    [[noreturn]] void leave(sched::Outcome const& outcome)
    {
        auto code = ExitCode::ok;
        try {
            result_->abandon();
        }
        catch (std::exception const& e) {
            std::fprintf(stderr, "ablatrix: %s (on rank %d)\n", e.what(), world_.rank());
            code = ExitCode::usage;
        }
        if (leads() && code == ExitCode::ok) code = conclude(outcome, verdict(outcome));
        end_process(code);
    }

    /// Without MPI_Finalize, which would wait for lost ranks.
    [[noreturn]] static void end_process(ExitCode code)
    {
        std::fflush(nullptr);
        std::_Exit(static_cast<int>(code));
    }

    ExitCode report(sched::Outcome const& outcome)
    {
        // Before the others leave: all ranks end with one code.
        auto const code = leads() ? verdict(outcome) : ExitCode::ok;
        auto const shared = static_cast<ExitCode>(std::stoi(world_.broadcast(std::to_string(static_cast<int>(code)))));
        // The others need not wait for the summary, so nothing here is collective.
        return leads() ? conclude(outcome, shared) : shared;
    }

    /// How the run ended; on rank 0.
    ExitCode verdict(sched::Outcome const& outcome)
    {
        auto code = ExitCode::ok;
        if (outcome.runs_failed > 0) code = ExitCode::some_failed;
        if (outcome.stopped_early && !outcome.failed_alike)
            code = is_hopeless(outcome) ? ExitCode::usage : ExitCode::run_again;
        if (!outcome.stopped_early) judge_gates();
        if (code == ExitCode::ok && !gates_problem_.empty()) code = ExitCode::usage;
        if (code == ExitCode::ok && gates_ && gates_->outcome != stats::Outcome::pass) code = ExitCode::gate_failed;
        return code;
    }

    /// Say what came out; \return \p code, or that this failed.
    ExitCode conclude(sched::Outcome const& outcome, ExitCode code)
    {
        try {
            print_outcome(outcome);
        }
        catch (std::exception const& e) {
            std::fprintf(stderr, "ablatrix: the runs are finished, but their summary failed: %s\n", e.what());
            code = ExitCode::usage;
        }
        return code;
    }

    /// By the experiment at hand, which may have other gates than the result was made with.
    void judge_gates()
    {
        auto const& gates = setup_.plan().experiment.gates;
        if (gates.empty()) return;
        try {
            auto const result = store::ResultFile::open_readonly(output_);
            gates_ = report::gates(result, gates);
            if (plan::to_node(report::stored_gates(result)).canonical() != plan::to_node(gates).canonical())
                gates_->report.document.paragraph(
                    "The result was made with other gates, which 'ablatrix gates' judges; with --rules EXPERIMENT it "
                    "judges these.");
        }
        catch (std::exception const& e) {
            gates_problem_ = e.what();
        }
    }

    void print_outcome(sched::Outcome const& outcome)
    {
        std::string text =
            std::to_string(outcome.runs_done) + " of " + std::to_string(setup_.plan().grid.runs.size()) + " runs done";
        if (outcome.runs_kept > 0) text += " (" + std::to_string(outcome.runs_kept) + " from before)";
        if (outcome.runs_failed > 0) text += ", " + std::to_string(outcome.runs_failed) + " failed";
        text += " in " + base::human_seconds(outcome.seconds) + "; tasks: " + std::to_string(outcome.tasks_made) +
                " made, " + std::to_string(outcome.tasks_cached) + " from the cache";
        if (outcome.tasks_failed > 0) text += ", " + std::to_string(outcome.tasks_failed) + " failed";
        print_lines(text + ". Results are in " + output_.string() + ".");
        if (outcome.workers_lost > 0) print_lines(losses(outcome));
        if (outcome.stopped_early) {
            print_lines(why_stopped(outcome));
            return;
        }
        auto const result = store::ResultFile::open_readonly(output_);
        report::SummaryOptions options;
        options.is_short = true;
        auto document = report::summarize(result, options).document;
        if (gates_) document.append(gates_->report.document);
        document.paragraph("More: ablatrix summarize " + output_.string() +
                           "   (all metrics, intervals and tests; --help for formats)");
        std::fputs(("\n" + report::render_terminal(document)).c_str(), stdout);
        ABLATRIX_VALIDATE(gates_problem_.empty(), "the gates could not be judged: " + gates_problem_);
    }

    mpi::Communicator& world_;
    Words const& words_;
    Arguments arguments_;
    ExperimentRequest request_;
    std::filesystem::path output_;
    std::filesystem::path cache_folder_;
    Setup setup_;
    sched::ExecuteOptions options_;
    std::optional<TimeLimit> time_limit_;
    bool resumes_ = false;
    std::optional<store::ArtifactCache> cache_;
    mpi::DeviceBinding device_;
    std::vector<mpi::DeviceBinding> devices_;
    std::optional<store::ResultFile> result_;
    std::optional<report::GateReport> gates_;  // judged by rank 0
    std::string gates_problem_;
};

bool wants_help(Words const& words)
{
    for (auto const& word : words) {
        if (word == "--help" || word == "-h") return true;
    }
    return false;
}

}  // namespace

ArgumentParser run_arguments()
{
    ArgumentParser parser(
        "[mpirun -n RANKS] ablatrix run EXPERIMENT -o RESULT.h5 [options]",
        "Runs every point of the experiment's grid and writes one result file. Under mpirun, rank 0 coordinates and "
        "the\n"
        "other ranks work; alone, one process does both. Running the same command again continues where the last one\n"
        "stopped. At the end a summary is printed.",
        {"ablatrix run configs/quickstart.yaml -o results/quickstart.h5",
         "mpirun -n 3 ablatrix run configs/sst2.yaml -o results/sst2.h5",
         "ablatrix run configs/quickstart.yaml -o small.h5 --set data.n_train=200 --only seed=42 --only noise.rate=0.1",
         "ablatrix run configs/quickstart.yaml --print-config --set noise.rate=0.2"});
    parser.positional("EXPERIMENT", "experiment file (YAML)")
        .value("output,o", "RESULT.h5", "result file to write or continue")
        .repeated("set", "PATH=VALUE",
                  "change a setting, such as noise.rate=0.2 or execution.threads=1; may be repeated")
        .repeated("only", "AXIS=VALUE",
                  "keep the runs with that value; several values of one axis: any of them, several axes: all")
        .value("cache", "DIR",
               "folder of finished work, may be shared by experiments; default: .ablatrix-cache beside the result")
        .value("walltime", "DURATION",
               "time this run may take, such as 90m or 11:30:00: what would outlast it is not started; default: until "
               "Slurm ends the job")
        .value("drain-signals", "LIST", "signals that stop the run in order; default: TERM,INT,USR1,USR2")
        .flag("resume", "insist on continuing: an error if RESULT.h5 does not exist yet")
        .flag("print-config", "print every setting as resolved and stop")
        .flag("dry-run", "print the plan and stop");
    return parser;
}

ExitCode run_command(Words const& words, int& argc, char**& argv)
{
    if (wants_help(words)) {
        std::fputs(run_arguments().help().c_str(), stdout);
        return ExitCode::ok;
    }
    sched::DrainSignals const signals{early_drain_signals(run_arguments(), words)};
    mpi::Environment const environment(argc, argv);
    auto world = mpi::Communicator::world();
    base::set_log(base::LogLevel::info, world.rank());
    try {
        return RunCommand(world, words).execute();
    }
    catch (SharedError const& e) {
        if (world.rank() == 0) std::fprintf(stderr, "ablatrix: %s\n", e.what());
        return ExitCode::usage;
    }
}

}  // namespace ablatrix::app
