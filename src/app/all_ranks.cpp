#include "all_ranks.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/mpi/communicator.hpp>

namespace ablatrix::app {
namespace {

/// Variables in which Open MPI, MPICH, PMIx (srun) and PMI-2 tell a process its rank.
constexpr char const* rank_variables[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"};

std::optional<std::string> launched_rank()
{
    for (char const* name : rank_variables) {
        if (char const* rank = std::getenv(name)) return rank;
    }
    return std::nullopt;
}

/// Another rank has said what went wrong.
class OtherRankFailed : public Error
{
  public:
    OtherRankFailed() : Error("another rank failed") {}
};

/// Every exchange says first how its rank is doing, so that a rank that fails is heard wherever the others are.
class Exchange
{
  public:
    explicit Exchange(mpi::Communicator const& world) : world_(world) {}

    stats::Share share()
    {
        return {static_cast<std::size_t>(world_.rank()), static_cast<std::size_t>(world_.size()),
                [this](std::string const& text) { return exchange(working + text); }};
    }
    /// \throws OtherRankFailed
    void finish() { exchange(std::string{done}); }
    /// Whether this is the lowest rank that fails; it prints.
    bool fail()
    {
        auto const said = world_.gather_all(std::string{failed});
        for (std::size_t rank = 0; rank < static_cast<std::size_t>(world_.rank()); ++rank) {
            if (said[rank].front() == failed) return false;
        }
        return true;
    }

  private:
    static constexpr char working = 'w', done = 'd', failed = 'f';

    std::vector<std::string> exchange(std::string const& text)
    {
        auto said = world_.gather_all(text);
        for (auto& what : said) {
            if (what.front() == failed) throw OtherRankFailed();
            ABLATRIX_EXPECT(what.front() == text.front());
            what.erase(0, 1);
        }
        return said;
    }

    mpi::Communicator const& world_;
};

/// What one rank leaves to be said after MPI has ended.
struct Ending
{
    std::optional<Output> output;
    std::exception_ptr error;
};

Ending run_one(mpi::Communicator const& world, std::function<Output(stats::Share const&)> const& command)
{
    Exchange exchange(world);
    Ending ending;
    try {
        auto output = command(exchange.share());
        exchange.finish();
        ending.output = std::move(output);
    }
    catch (OtherRankFailed const&) {
    }
    catch (std::exception const&) {
        if (exchange.fail()) ending.error = std::current_exception();
    }
    return ending;
}

}  // namespace

bool is_first_rank()
{
    return launched_rank().value_or("0") == "0";
}

ExitCode on_all_ranks(std::function<Output(stats::Share const&)> const& command)
{
    if (!launched_rank()) {
        auto const output = command({});
        std::fputs(output.text.c_str(), stdout);
        return output.code;
    }
    Ending ending;
    int rank = 0;
    {
        int argc = 0;
        char** argv = nullptr;
        mpi::Environment const environment(argc, argv);
        auto const world = mpi::Communicator::world();
        rank = world.rank();
        ending = run_one(world, command);
    }
    if (ending.error) std::rethrow_exception(ending.error);
    // mpirun ends all ranks when one ends with an error: only the rank that prints may, after it has.
    if (!ending.output || rank != 0) return ExitCode::ok;
    std::fputs(ending.output->text.c_str(), stdout);
    return ending.output->code;
}

}  // namespace ablatrix::app
