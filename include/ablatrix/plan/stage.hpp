#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/random.hpp>
#include <ablatrix/plan/params.hpp>

namespace ablatrix::plan {

/// A place for a long stage to leave its state in, so that it can go on there if its process dies. What is there when
/// it starts is what an earlier attempt left, on this or another worker; it goes once the stage's output is stored.
struct Unfinished
{
    std::filesystem::path folder;  ///< the stage's own, which need not exist; empty: nothing is to be kept
    double save_every_s = 0;       ///< seconds between two saves, at least
    std::function<bool()> must_stop = [] { return false; };  ///< whether to save now and end with StageStopped
};

/// What a stage throws that has left its state in Unfinished::folder because Unfinished::must_stop() asked for it.
struct StageStopped
{};

/// All that a stage may look at. Output = f(inputs, params): not rank, thread count, time or device index.
class StageContext
{
  public:
    StageContext(Params const& params, std::map<std::string, base::Bundle const*, std::less<>> inputs, int threads,
                 std::string device, Unfinished unfinished = {})
        : params_(params),
          inputs_(std::move(inputs)),
          threads_(threads),
          device_(std::move(device)),
          unfinished_(std::move(unfinished))
    {}

    Params const& params() const noexcept { return params_; }
    /// The input bound to \p role. \throws ContractError naming the roles there are
    base::Bundle const& input(std::string_view role) const;
    bool has_input(std::string_view role) const { return inputs_.find(role) != inputs_.end(); }
    /// Roles in sorted order (for stages with any number of inputs).
    std::vector<std::string> roles() const;
    /// Random numbers of the seed that the stage declared as parameter "seed".
    base::Stream stream(std::string_view purpose, std::uint64_t index = 0) const
    {
        return {static_cast<std::uint64_t>(params_.get<std::int64_t>("seed")), purpose, index};
    }
    /// Threads it may use, for work whose result does not depend on how many.
    int threads() const noexcept { return threads_; }
    /// "cpu" or "cuda:0"
    std::string const& device() const noexcept { return device_; }
    /// The output must not depend on whether, nor how often, the stage went on from there.
    Unfinished const& unfinished() const noexcept { return unfinished_; }

  private:
    Params const& params_;
    std::map<std::string, base::Bundle const*, std::less<>> inputs_;
    int threads_;
    std::string device_;
    Unfinished unfinished_;
};

/// One pure step. \p version grows whenever the same inputs would give another output.
struct StageKind
{
    std::string name;
    int version = 1;
    std::function<base::Bundle(StageContext const&)> run;
    /// It hands out what Job::build() loaded, and so runs in the worker itself even where stages run in a child
    /// process, which knows no plan. For trivial stages only.
    bool uses_plan = false;
    /// It keeps to Unfinished: started with too little time left, it is continued next time.
    bool can_be_continued = false;
};

class StageRegistry
{
  public:
    /// \throws ContractError for a second kind of that name
    void add(StageKind kind);
    StageKind const& at(std::string_view name) const;
    bool contains(std::string_view name) const { return kinds_.find(name) != kinds_.end(); }
    /// In sorted order.
    std::vector<std::string> names() const;

  private:
    std::map<std::string, StageKind, std::less<>> kinds_;
};

}  // namespace ablatrix::plan
