#include <ablatrix/sched/scheduler.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>

namespace {

using namespace ablatrix::sched;
using ablatrix::base::Stream;

TaskIndex add(TaskTable& table, double seconds, std::initializer_list<TaskIndex> inputs, std::uint32_t run = no_run,
              Presence presence = Presence::needed)
{
    TaskRow row;
    row.seconds = seconds;
    row.run = run;
    row.presence = presence;
    return table.add(row, std::vector<TaskIndex>{inputs});
}

std::vector<TaskIndex> assigned(Scheduler& scheduler, double now_s = 0)
{
    std::vector<TaskIndex> tasks;
    for (Assignment const& a : scheduler.assign(now_s))
        tasks.push_back(a.task);
    return tasks;
}

using Tasks = std::vector<TaskIndex>;

TEST(TaskTable, refuses_an_input_that_comes_later)
{
    TaskTable table;

    EXPECT_THROW(add(table, 1, {0}), ablatrix::ContractError);
}

TEST(Scheduler, refuses_a_needed_task_with_an_idle_input)
{
    TaskTable table;
    auto const a = add(table, 1, {}, no_run, Presence::idle);
    add(table, 1, {a});

    EXPECT_THROW(Scheduler(table, {}), ablatrix::ContractError);
}

TEST(Scheduler, nothing_needed_is_done_at_once)
{
    TaskTable table;
    add(table, 1, {}, no_run, Presence::present);
    Scheduler scheduler{table, {}};
    scheduler.worker_ready(0);

    EXPECT_TRUE(scheduler.done());
    EXPECT_TRUE(assigned(scheduler).empty());
}

TEST(Scheduler, upward_rank_is_own_cost_plus_longest_chain_behind)
{
    // a(2) -> b(3) -> d(1), a -> c(10): by hand rank(a) = 2 + max(3 + 1, 10) = 12
    TaskTable table;
    auto const a = add(table, 2, {});
    auto const b = add(table, 3, {a});
    auto const c = add(table, 10, {a});
    auto const d = add(table, 1, {b});
    Scheduler scheduler{table, {}};

    EXPECT_DOUBLE_EQ(scheduler.upward_rank(a), 12);
    EXPECT_DOUBLE_EQ(scheduler.upward_rank(b), 4);
    EXPECT_DOUBLE_EQ(scheduler.upward_rank(c), 10);
    EXPECT_DOUBLE_EQ(scheduler.upward_rank(d), 1);
    EXPECT_DOUBLE_EQ(scheduler.critical_path_s(), 12);
}

TEST(Scheduler, hands_out_by_rank_then_run_then_index)
{
    TaskTable table;
    auto const late_run = add(table, 1, {}, 7);
    auto const early_run = add(table, 1, {}, 2);
    auto const early_run_too = add(table, 1, {}, 2);
    auto const longest = add(table, 5, {}, 9);
    SchedulerOptions options;
    options.in_flight = 1;
    Scheduler scheduler{table, options};
    scheduler.worker_ready(0);

    Tasks order;
    while (!scheduler.done()) {
        auto const task = assigned(scheduler).at(0);
        order.push_back(task);
        scheduler.finished(0, task, 1);
    }

    EXPECT_EQ(order, (Tasks{longest, early_run, early_run_too, late_run}));
}

TEST(Scheduler, a_shared_task_is_handed_out_once_and_releases_all_who_wait)
{
    TaskTable table;
    auto const shared = add(table, 1, {});
    auto const left = add(table, 1, {shared}, 0);
    auto const right = add(table, 1, {shared}, 1);
    Scheduler scheduler{table, {}};
    scheduler.worker_ready(0);
    scheduler.worker_ready(1);

    EXPECT_EQ(assigned(scheduler), Tasks{shared});
    EXPECT_TRUE(assigned(scheduler).empty());
    scheduler.finished(1, shared, 1);
    auto both = assigned(scheduler);
    std::sort(both.begin(), both.end());

    EXPECT_EQ(both, (Tasks{left, right}));
}

TEST(Scheduler, present_outputs_are_not_made_again)
{
    TaskTable table;
    auto const cached = add(table, 1, {}, no_run, Presence::present);
    auto const reader = add(table, 1, {cached});
    Scheduler scheduler{table, {}};
    scheduler.worker_ready(0);

    EXPECT_EQ(assigned(scheduler), Tasks{reader});
    scheduler.finished(0, reader, 1);
    EXPECT_TRUE(scheduler.done());
    EXPECT_EQ(scheduler.counts().wanted, 1u);
}

TEST(Scheduler, a_worker_holds_at_most_two_short_tasks)
{
    TaskTable table;
    for (int i = 0; i < 10; ++i)
        add(table, 0.001, {});
    for (TaskIndex t = 0; t < 10; ++t)
        table.row(t).learned = true;
    Scheduler scheduler{table, {}};
    scheduler.worker_ready(0);
    scheduler.worker_ready(1);

    EXPECT_EQ(assigned(scheduler).size(), 4u);
    EXPECT_TRUE(assigned(scheduler).empty());
}

TEST(Scheduler, nothing_is_sent_ahead_behind_long_tasks)
{
    TaskTable table;
    for (int i = 0; i < 10; ++i)
        add(table, 5, {});
    for (TaskIndex t = 0; t < 10; ++t)
        table.row(t).learned = true;
    Scheduler scheduler{table, {}};
    scheduler.worker_ready(0);
    scheduler.worker_ready(1);

    EXPECT_EQ(assigned(scheduler).size(), 2u);
}

TEST(Scheduler, nothing_is_sent_ahead_behind_tasks_of_unknown_length)
{
    TaskTable table;
    for (int i = 0; i < 4; ++i)
        add(table, 0.001, {});
    Scheduler scheduler{table, {}};
    scheduler.worker_ready(0);

    EXPECT_EQ(assigned(scheduler).size(), 1u);
    scheduler.finished(0, 0, 0.001);
    EXPECT_EQ(assigned(scheduler).size(), 2u);
}

TEST(Scheduler, nothing_is_sent_ahead_while_another_worker_could_run_dry)
{
    TaskTable table;
    for (int i = 0; i < 4; ++i)
        add(table, 0.001, {});
    for (TaskIndex t = 0; t < 4; ++t)
        table.row(t).learned = true;
    Scheduler scheduler{table, {}};
    for (int worker = 0; worker < 3; ++worker)
        scheduler.worker_ready(worker);

    EXPECT_EQ(assigned(scheduler).size(), 3u);  // one task is left, fewer than workers
}

TEST(Scheduler, goes_on_with_what_a_worker_has_at_hand_while_there_is_plenty_of_work)
{
    // 20 chains of two: the head's rank is 2, the load of the one worker 40
    TaskTable table;
    std::vector<TaskIndex> heads, tails;
    for (std::uint32_t run = 0; run < 20; ++run)
        heads.push_back(add(table, 1, {}, run));
    for (std::uint32_t run = 0; run < 20; ++run)
        tails.push_back(add(table, 1, {heads[run]}, run));
    Scheduler scheduler{table, {}};
    scheduler.worker_ready(0);

    ASSERT_EQ(assigned(scheduler), Tasks{heads[0]});
    scheduler.finished(0, heads[0], 1);

    EXPECT_EQ(assigned(scheduler), Tasks{tails[0]});
}

TEST(Scheduler, the_longest_chain_goes_first_once_it_decides_the_end)
{
    TaskTable table;
    auto const head = add(table, 1, {}, 0);
    add(table, 0.5, {head}, 0);
    auto const chain = add(table, 1, {}, 1);
    add(table, 1, {chain}, 1);
    SchedulerOptions options;
    Scheduler scheduler{table, options};
    scheduler.worker_ready(0);

    EXPECT_EQ(assigned(scheduler), Tasks{chain});
    scheduler.finished(0, chain, 1);
    EXPECT_EQ(assigned(scheduler), Tasks{head});  // rank 1.5 before the chain's own tail of 1
}

TEST(Scheduler, a_throwing_task_is_tried_again_and_counts_its_attempts)
{
    TaskTable table;
    auto const task = add(table, 1, {});
    SchedulerOptions options;
    options.max_attempts = 3;
    Scheduler scheduler{table, options};
    scheduler.worker_ready(0);

    EXPECT_EQ(scheduler.assign(0)[0].attempt, 1);
    scheduler.failed(0, task, "first");
    EXPECT_EQ(scheduler.assign(0)[0].attempt, 2);
    scheduler.failed(0, task, "second");
    EXPECT_TRUE(scheduler.take_failures().empty());
    EXPECT_EQ(scheduler.assign(0)[0].attempt, 3);
    scheduler.finished(0, task, 1);

    EXPECT_TRUE(scheduler.done());
    EXPECT_EQ(scheduler.counts().done, 1u);
    EXPECT_EQ(scheduler.counts().failed, 0u);
}

TEST(Scheduler, a_poisoned_task_fails_only_what_needs_it_with_its_message)
{
    TaskTable table;
    auto const poison = add(table, 1, {}, 0);
    auto const middle = add(table, 1, {poison}, 0);
    auto const run0 = add(table, 1, {middle}, 0);
    auto const other = add(table, 1, {}, 1);
    auto const run1 = add(table, 1, {other}, 1);
    SchedulerOptions options;
    options.max_attempts = 2;
    Scheduler scheduler{table, options};
    scheduler.worker_ready(0);

    std::set<TaskIndex> failed;
    while (!scheduler.done()) {
        auto const task = assigned(scheduler).at(0);
        task == poison ? scheduler.failed(0, task, "out of range") : scheduler.finished(0, task, 1);
        for (Failure const& failure : scheduler.take_failures()) {
            failed.insert(failure.task);
            EXPECT_EQ(failure.cause, poison);
            EXPECT_EQ(scheduler.message(failure.cause), "out of range");
        }
    }

    EXPECT_EQ(failed, (std::set<TaskIndex>{poison, middle, run0}));
    EXPECT_EQ(scheduler.state(run1), TaskState::done);
}

TEST(Scheduler, crashes_have_a_limit_of_their_own_and_cost_no_worker)
{
    TaskTable table;
    auto const task = add(table, 1, {});
    SchedulerOptions options;
    options.max_attempts = 1;
    options.crash_limit = 2;
    Scheduler scheduler{table, options};
    scheduler.worker_ready(0);

    EXPECT_EQ(scheduler.assign(0)[0].attempt, 1);
    scheduler.crashed(0, task, "killed by signal 11");
    EXPECT_TRUE(scheduler.take_failures().empty());
    EXPECT_EQ(scheduler.workers(), 1);
    EXPECT_EQ(scheduler.assign(0)[0].attempt, 2);
    scheduler.crashed(0, task, "killed by signal 6");

    ASSERT_EQ(scheduler.take_failures().size(), 1u);
    EXPECT_EQ(scheduler.message(task), "killed by signal 6");
    EXPECT_TRUE(scheduler.done());
}

TEST(Scheduler, a_lost_worker_gives_its_tasks_back)
{
    TaskTable table;
    for (int i = 0; i < 3; ++i)
        table.row(add(table, 0.001, {})).learned = true;
    Scheduler scheduler{table, {}};
    scheduler.worker_ready(0);
    ASSERT_EQ(assigned(scheduler), (Tasks{0, 1}));

    scheduler.worker_lost(0);
    EXPECT_EQ(scheduler.counts().running, 0u);
    scheduler.worker_ready(1);

    EXPECT_EQ(assigned(scheduler), (Tasks{0, 1}));
    scheduler.finished(0, 0, 1);  // a late report of the lost worker changes nothing
    EXPECT_EQ(scheduler.state(0), TaskState::running);
}

TEST(Scheduler, a_task_that_kills_worker_after_worker_fails_and_what_was_sent_ahead_does_not)
{
    TaskTable table;
    auto const killer = add(table, 2, {});
    auto const innocent = add(table, 0.001, {});
    table.row(killer).learned = table.row(innocent).learned = true;
    SchedulerOptions options;
    options.crash_limit = 3;
    options.prefetch_below_s = 10;
    Scheduler scheduler{table, options};

    for (int worker = 0; worker < 3; ++worker) {
        scheduler.worker_ready(worker);
        ASSERT_EQ(assigned(scheduler), (Tasks{killer, innocent}));
        scheduler.worker_lost(worker);
    }

    auto const failures = scheduler.take_failures();
    ASSERT_EQ(failures.size(), 1u);
    EXPECT_EQ(failures[0].task, killer);
    EXPECT_EQ(scheduler.message(killer), "its worker was lost 3 times");
    scheduler.worker_ready(3);
    EXPECT_EQ(assigned(scheduler), Tasks{innocent});
}

TEST(Scheduler, a_lost_output_is_remade_with_what_it_needs_and_its_readers_wait)
{
    // root (idle) -> cached (present) -> two readers
    TaskTable table;
    auto const root = add(table, 1, {}, no_run, Presence::idle);
    auto const cached = add(table, 1, {root}, no_run, Presence::present);
    auto const reader = add(table, 1, {cached}, 0);
    auto const waiting_reader = add(table, 1, {cached}, 1);
    Scheduler scheduler{table, {}};
    scheduler.worker_ready(0);

    ASSERT_EQ(assigned(scheduler), Tasks{reader});
    scheduler.input_lost(0, reader, cached);
    Tasks order;
    while (!scheduler.done()) {
        auto const task = assigned(scheduler).at(0);
        order.push_back(task);
        scheduler.finished(0, task, 1);
    }

    EXPECT_EQ(order, (Tasks{root, cached, reader, waiting_reader}));
    EXPECT_EQ(scheduler.counts().wanted, 4u);
    EXPECT_EQ(scheduler.counts().done, 4u);
}

TEST(Scheduler, an_output_that_is_lost_again_and_again_fails_its_readers)
{
    TaskTable table;
    auto const producer = add(table, 1, {});
    auto const reader = add(table, 1, {producer});
    SchedulerOptions options;
    options.remake_limit = 2;
    Scheduler scheduler{table, options};
    scheduler.worker_ready(0);

    int made = 0;
    while (!scheduler.done()) {
        auto const task = assigned(scheduler).at(0);
        if (task == producer) {
            ++made;
            scheduler.finished(0, task, 1);
        }
        else {
            scheduler.input_lost(0, task, producer);
        }
    }

    EXPECT_EQ(made, 3);
    EXPECT_EQ(scheduler.state(reader), TaskState::failed);
    EXPECT_EQ(scheduler.counts().failed, 2u);
    EXPECT_NE(scheduler.message(producer).find("damaged or missing 3 times"), std::string::npos);
}

TEST(Scheduler, draining_hands_out_nothing_and_ends_with_what_is_running)
{
    TaskTable table;
    for (int i = 0; i < 3; ++i)
        add(table, 1, {});
    Scheduler scheduler{table, {}};
    scheduler.worker_ready(0);
    ASSERT_EQ(assigned(scheduler), Tasks{0});

    scheduler.drain();
    EXPECT_FALSE(scheduler.done());
    scheduler.finished(0, 0, 1);

    EXPECT_TRUE(assigned(scheduler).empty());
    EXPECT_TRUE(scheduler.done());
    EXPECT_EQ(scheduler.unfinished(), 2u);
}

SchedulerOptions without_margin()
{
    SchedulerOptions options;
    options.admission_margin = 1;
    options.in_flight = 1;
    return options;
}

TEST(Scheduler, starts_what_can_be_continued_as_long_as_that_is_of_use)
{
    for (double const deadline_s : {89.0, 91.0}) {
        TaskTable table;
        auto const training = add(table, 1e6, {});
        table.row(training).can_be_continued = true;
        Scheduler scheduler{table, {}};
        scheduler.set_deadline(deadline_s);
        scheduler.worker_ready(0);

        EXPECT_EQ(assigned(scheduler).size(), deadline_s < 90 ? 0u : 1u);
        EXPECT_FALSE(scheduler.wraps_up(deadline_s - 31));
        EXPECT_TRUE(scheduler.wraps_up(deadline_s - 29));
    }
}

TEST(Scheduler, a_task_that_stopped_is_ready_again_and_has_lost_no_attempt)
{
    TaskTable table;
    auto const training = add(table, 1, {});
    SchedulerOptions options;
    options.max_attempts = 1;
    Scheduler scheduler{table, options};
    scheduler.worker_ready(0);
    for (int again = 0; again < 3; ++again) {
        ASSERT_EQ(assigned(scheduler), Tasks{training});
        scheduler.stopped(0, training);
        EXPECT_EQ(scheduler.state(training), TaskState::ready);
    }
    ASSERT_EQ(assigned(scheduler), Tasks{training});
    EXPECT_FALSE(scheduler.wraps_up(0));
    scheduler.drain();
    EXPECT_TRUE(scheduler.wraps_up(0));
    scheduler.stopped(0, training);
    EXPECT_TRUE(scheduler.done());
    EXPECT_EQ(scheduler.unfinished(), 1u);
}

TEST(Scheduler, refuses_what_would_not_end_before_the_deadline_and_takes_what_would)
{
    TaskTable table;
    auto const long_one = add(table, 10, {});
    auto const behind_it = add(table, 1, {long_one});
    auto const short_one = add(table, 4, {});
    Scheduler scheduler{table, without_margin()};
    scheduler.set_deadline(109);
    scheduler.worker_ready(0);

    EXPECT_EQ(assigned(scheduler, 100), Tasks{short_one});
    EXPECT_EQ(scheduler.state(long_one), TaskState::refused);
    EXPECT_EQ(scheduler.counts().refused, 1u);
    EXPECT_DOUBLE_EQ(scheduler.shortest_refused_s(), 10);
    EXPECT_FALSE(scheduler.done());
    scheduler.finished(0, short_one, 4);

    EXPECT_TRUE(assigned(scheduler, 104).empty());
    EXPECT_TRUE(scheduler.done());
    EXPECT_EQ(scheduler.unfinished(), 2u);
    EXPECT_EQ(scheduler.state(behind_it), TaskState::waiting);
}

TEST(Scheduler, asks_for_a_quarter_more_time_than_a_task_is_expected_to_need)
{
    TaskTable table;
    add(table, 8, {});
    for (double const deadline_s : {9.9, 10.0}) {
        Scheduler scheduler{table, {}};
        scheduler.set_deadline(deadline_s);
        scheduler.worker_ready(0);

        EXPECT_EQ(assigned(scheduler).size(), deadline_s < 10 ? 0u : 1u);
    }
}

TEST(Scheduler, admission_follows_what_tasks_of_the_kind_took_and_what_a_worker_still_has_to_do)
{
    TaskTable table;
    for (int i = 0; i < 3; ++i)
        add(table, 0.01, {});
    auto options = without_margin();
    options.in_flight = 2;
    Scheduler scheduler{table, options};
    scheduler.set_deadline(0.0701);
    scheduler.worker_ready(0);
    ASSERT_EQ(assigned(scheduler), Tasks{0});
    scheduler.finished(0, 0, 0.04);  // four times the estimate: the next one just fits, a second behind it does not

    EXPECT_EQ(assigned(scheduler, 0.03), Tasks{1});
    EXPECT_EQ(scheduler.state(2), TaskState::refused);
}

TEST(Scheduler, first_start_is_that_of_the_earliest_task_that_led_here)
{
    TaskTable table;
    auto const cached = add(table, 1, {}, no_run, Presence::present);
    auto const a = add(table, 1, {cached});
    auto const b = add(table, 1, {a});
    Scheduler scheduler{table, {}};
    scheduler.worker_ready(0);

    EXPECT_EQ(scheduler.assign(10)[0].first_start_s, 10);
    scheduler.finished(0, a, 5);
    auto const second = scheduler.assign(15)[0];

    EXPECT_EQ(second.task, b);
    EXPECT_EQ(second.first_start_s, 10);
}

TEST(Scheduler, expectations_follow_what_tasks_of_the_kind_took)
{
    TaskTable table;
    for (int i = 0; i < 3; ++i)
        add(table, 2, {});
    Scheduler scheduler{table, {}};
    scheduler.worker_ready(0);
    EXPECT_DOUBLE_EQ(scheduler.remaining_work_s(), 6);
    assigned(scheduler);

    scheduler.finished(0, 0, 1);  // half of what was estimated

    EXPECT_DOUBLE_EQ(scheduler.expected_seconds(1), 1);
    EXPECT_DOUBLE_EQ(scheduler.remaining_work_s(), 2);
    EXPECT_DOUBLE_EQ(scheduler.remaining_time_s(), 2);
}

// Random schedules: finishes in any order, failures, lost workers, lost outputs, late reports.

struct Tortured
{
    std::vector<std::optional<std::uint64_t>> values;  // per task, absent: failed
    std::size_t most_held = 0;
};

std::uint64_t value_of(TaskTable const& table, TaskIndex task, std::vector<std::optional<std::uint64_t>> const& values)
{
    std::uint64_t value = 1000003 + task;
    for (TaskIndex const input : table.inputs(task))
        value = value * 6364136223846793005u + values[input].value();
    return value;
}

TaskTable random_table(Stream& stream, std::size_t n)
{
    TaskTable table;
    for (TaskIndex task = 0; task < n; ++task) {
        std::vector<TaskIndex> inputs;
        for (int i = 0; task > 0 && i < 3; ++i) {
            if (stream.below(3) != 0) inputs.push_back(static_cast<TaskIndex>(stream.below(task)));
        }
        TaskRow row;
        row.seconds = 0.001 * static_cast<double>(1 + stream.below(200));
        row.run = static_cast<std::uint32_t>(stream.below(10));
        row.kind = static_cast<std::uint32_t>(stream.below(3));
        row.learned = stream.below(2) == 0;
        table.add(row, inputs);
    }
    return table;
}

class Torturer
{
  public:
    Torturer(TaskTable table, std::set<TaskIndex> poisoned, Stream& stream,
             double deadline_s = std::numeric_limits<double>::infinity())
        : scheduler_(table, options()), poisoned_(std::move(poisoned)), stream_(stream)
    {
        scheduler_.set_deadline(deadline_s);
        result_.values.resize(table.size());
        faults_left_.assign(table.size(), 1);
        for (int worker = 0; worker < n_workers; ++worker)
            join();
    }

    Tortured run()
    {
        for (int step = 0; !scheduler_.done(); ++step) {
            if (step > 200000) {
                ADD_FAILURE() << "does not end";
                break;
            }
            for (Assignment const& a : scheduler_.assign(step)) {
                EXPECT_FALSE(held_by_anyone(a.task)) << "task " << a.task << " runs twice";
                held_[static_cast<std::size_t>(a.worker)].push_back(a.task);
                result_.most_held = std::max(result_.most_held, held_[static_cast<std::size_t>(a.worker)].size());
            }
            random_event();
            for (Failure const& failure : scheduler_.take_failures())
                EXPECT_TRUE(poisoned_.contains(failure.cause));
        }
        return result_;
    }

    Scheduler const& scheduler() const { return scheduler_; }

  private:
    static constexpr int n_workers = 4;

    static SchedulerOptions options()
    {
        SchedulerOptions options;
        options.max_attempts = 3;
        options.crash_limit = 1000;
        options.remake_limit = 1000;
        return options;
    }

    void join()
    {
        scheduler_.worker_ready(static_cast<int>(held_.size()));
        held_.emplace_back();
    }

    bool held_by_anyone(TaskIndex task) const
    {
        return std::any_of(held_.begin(), held_.end(),
                           [&](auto const& held) { return std::find(held.begin(), held.end(), task) != held.end(); });
    }

    void random_event()
    {
        std::vector<int> busy;
        for (std::size_t w = 0; w < held_.size(); ++w) {
            if (!held_[w].empty()) busy.push_back(static_cast<int>(w));
        }
        if (busy.empty()) return;
        int const worker = busy[stream_.below(busy.size())];
        auto& held = held_[static_cast<std::size_t>(worker)];
        if (stream_.below(30) == 0) {
            auto const lost = held;
            held.clear();
            scheduler_.worker_lost(worker);
            scheduler_.finished(worker, lost.front(), 1);  // a late report of the lost one
            join();
            return;
        }
        TaskIndex const task = held.front();
        held.pop_front();
        auto const inputs = scheduler_.table().inputs(task);
        for (TaskIndex const input : inputs) {
            // Its output was lost while the task was on its way.
            if (result_.values[input].has_value()) continue;
            scheduler_.input_lost(worker, task, input);
            return;
        }
        if (!inputs.empty() && stream_.below(10) == 0) {
            TaskIndex const damaged = inputs[stream_.below(inputs.size())];
            result_.values[damaged].reset();
            scheduler_.input_lost(worker, task, damaged);
        }
        else if (poisoned_.contains(task)) {
            scheduler_.failed(worker, task, "poison");
        }
        else if (stream_.below(30) == 0) {
            scheduler_.crashed(worker, task, "its process ended");
        }
        else if (faults_left_[task] > 0 && stream_.below(10) == 0) {
            --faults_left_[task];
            scheduler_.failed(worker, task, "bad luck");
        }
        else {
            result_.values[task] = value_of(scheduler_.table(), task, result_.values);
            scheduler_.finished(worker, task, 0.001 * static_cast<double>(1 + stream_.below(300)));
        }
    }

    Scheduler scheduler_;
    std::set<TaskIndex> poisoned_;
    Stream& stream_;
    Tortured result_;
    std::vector<std::deque<TaskIndex>> held_;
    std::vector<int> faults_left_;
};

TEST(Scheduler, any_schedule_of_losses_and_failures_ends_with_the_table_of_in_order_execution)
{
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Stream stream{seed, "scheduler_test", 0};
        TaskTable const table = random_table(stream, 60);
        std::set<TaskIndex> poisoned;
        for (int i = 0; i < 2; ++i)
            poisoned.insert(static_cast<TaskIndex>(stream.below(table.size())));

        // In order; what is poisoned or reads what failed has no value.
        std::vector<std::optional<std::uint64_t>> expected(table.size());
        std::size_t expected_failures = 0;
        for (TaskIndex task = 0; task < table.size(); ++task) {
            auto const inputs = table.inputs(task);
            bool const fails = poisoned.contains(task) ||
                               std::any_of(inputs.begin(), inputs.end(), [&](TaskIndex i) { return !expected[i]; });
            fails ? void(++expected_failures) : void(expected[task] = value_of(table, task, expected));
        }

        Torturer torturer{table, poisoned, stream};
        auto const result = torturer.run();

        // Outputs that were damaged after their last reader are not remade: compare what has a value in both.
        for (TaskIndex task = 0; task < table.size(); ++task) {
            auto const state = torturer.scheduler().state(task);
            ASSERT_EQ(state, expected[task] ? TaskState::done : TaskState::failed)
                << "seed " << seed << " task " << task;
            if (!expected[task]) continue;
            ASSERT_EQ(result.values[task], expected[task]) << "seed " << seed;
        }
        EXPECT_EQ(torturer.scheduler().counts().failed, expected_failures);
        EXPECT_EQ(torturer.scheduler().counts().done, table.size() - expected_failures);
        EXPECT_LE(result.most_held, 2u);
        EXPECT_NEAR(torturer.scheduler().remaining_work_s(), 0, 1e-9);
    }
}

TEST(Scheduler, any_schedule_with_a_deadline_ends_and_accounts_for_every_task)
{
    std::size_t stopped = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        Stream stream{seed, "scheduler_test", 1};
        TaskTable const table = random_table(stream, 60);

        // The torturer's clock is its step number, a task is estimated to take at most 0.2 of a step.
        Torturer torturer{
            table, {static_cast<TaskIndex>(stream.below(60))}, stream, static_cast<double>(stream.below(80))};
        torturer.run();

        Scheduler const& scheduler = torturer.scheduler();
        std::size_t refused = 0, unfinished = 0;
        for (TaskIndex task = 0; task < table.size(); ++task) {
            auto const state = scheduler.state(task);
            EXPECT_NE(state, TaskState::ready);
            EXPECT_NE(state, TaskState::running);
            refused += state == TaskState::refused;
            unfinished += state == TaskState::refused || state == TaskState::waiting;
        }
        EXPECT_EQ(refused, scheduler.counts().refused);
        EXPECT_EQ(unfinished, scheduler.unfinished());
        stopped += refused > 0;
    }
    EXPECT_GT(stopped, 30u);
}

TEST(Scheduler, a_hundred_thousand_tasks_pass_through)
{
    TaskTable table;
    std::vector<TaskIndex> shared;
    for (TaskIndex i = 0; i < 100; ++i)
        shared.push_back(add(table, 1, {}));
    for (TaskIndex i = 0; i < 100000; ++i)
        add(table, 0.001, {shared[i % 100]}, i);
    Scheduler scheduler{table, {}};
    for (int worker = 0; worker < 64; ++worker)
        scheduler.worker_ready(worker);

    std::deque<Assignment> running;
    while (!scheduler.done()) {
        for (Assignment const& a : scheduler.assign(0))
            running.push_back(a);
        ASSERT_FALSE(running.empty());
        scheduler.finished(running.front().worker, running.front().task, 0.001);
        running.pop_front();
    }

    EXPECT_EQ(scheduler.counts().done, 100100u);
}

}  // namespace
