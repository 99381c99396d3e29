#include <algorithm>
#include <cmath>
#include <utility>

#include <ablatrix/base/error.hpp>
#include <ablatrix/sched/scheduler.hpp>

namespace ablatrix::sched {

TaskIndex TaskTable::add(TaskRow const& row, std::span<TaskIndex const> inputs)
{
    auto const task = static_cast<TaskIndex>(rows_.size());
    auto const first = static_cast<std::ptrdiff_t>(inputs_.size());
    for (TaskIndex const input : inputs) {
        ABLATRIX_EXPECT(input < task);
        inputs_.push_back(input);
    }
    std::sort(inputs_.begin() + first, inputs_.end());
    inputs_.erase(std::unique(inputs_.begin() + first, inputs_.end()), inputs_.end());
    rows_.push_back(row);
    first_input_.push_back(static_cast<std::uint32_t>(inputs_.size()));
    return task;
}

Scheduler::Scheduler(TaskTable table, SchedulerOptions options)
    : table_(std::move(table)), options_(options), nodes_(table_.size())
{
    ABLATRIX_EXPECT(options_.max_attempts >= 1 && options_.crash_limit >= 1 && options_.in_flight >= 1);
    link_dependents();
    rank_tasks();
    for (TaskIndex task = 0; task < table_.size(); ++task) {
        TaskRow const& row = table_.row(task);
        if (row.kind >= kinds_.size()) kinds_.resize(row.kind + 1);
        kinds_[row.kind].learned |= row.learned;
        if (row.presence == Presence::present) nodes_[task].state = TaskState::done;
        if (row.presence != Presence::needed) continue;
        for (TaskIndex const input : table_.inputs(task)) {
            ABLATRIX_EXPECT(table_.row(input).presence != Presence::idle);
        }
        want(task);
        settle(task);
    }
}

void Scheduler::link_dependents()
{
    first_dependent_.assign(table_.size() + 1, 0);
    for (TaskIndex task = 0; task < table_.size(); ++task) {
        for (TaskIndex const input : table_.inputs(task))
            ++first_dependent_[input + 1];
    }
    for (std::size_t i = 1; i < first_dependent_.size(); ++i)
        first_dependent_[i] += first_dependent_[i - 1];
    dependents_.resize(first_dependent_.back());
    auto next = first_dependent_;
    for (TaskIndex task = 0; task < table_.size(); ++task) {
        for (TaskIndex const input : table_.inputs(task))
            dependents_[next[input]++] = task;
    }
}

void Scheduler::rank_tasks()
{
    // Idle and present tasks are ranked too, for the case that they have to be made after all.
    for (TaskIndex task = static_cast<TaskIndex>(table_.size()); task-- > 0;) {
        double behind = 0;
        for (TaskIndex const dependent : dependents(task)) {
            if (table_.row(dependent).presence == Presence::needed) behind = std::max(behind, nodes_[dependent].rank);
        }
        nodes_[task].rank = table_.row(task).seconds + behind;
        if (table_.row(task).presence == Presence::needed) {
            critical_path_s_ = std::max(critical_path_s_, nodes_[task].rank);
        }
    }
}

void Scheduler::worker_ready(int worker)
{
    ABLATRIX_EXPECT(worker >= 0);
    if (static_cast<std::size_t>(worker) >= workers_.size()) workers_.resize(static_cast<std::size_t>(worker) + 1);
    Worker& entry = workers_[static_cast<std::size_t>(worker)];
    if (entry.active) return;
    entry.active = true;
    ++n_workers_;
    list_worker(worker);
}

void Scheduler::finished(int worker, TaskIndex task, double seconds)
{
    if (!take_back(worker, task)) return;
    if (!std::isnan(seconds)) {
        KindUse& kind = kinds_[table_.row(task).kind];
        kind.estimated_s += table_.row(task).seconds;
        kind.actual_s += seconds;
    }
    mark_done(task, worker);
}

void Scheduler::failed(int worker, TaskIndex task, std::string const& message)
{
    if (!take_back(worker, task)) return;
    if (++nodes_[task].failures < options_.max_attempts) {
        settle(task);
        return;
    }
    messages_[task] = message;
    fail(task, task);
}

void Scheduler::crashed(int worker, TaskIndex task, std::string const& message)
{
    if (!take_back(worker, task)) return;
    if (++nodes_[task].crashes < options_.crash_limit) {
        settle(task);
        return;
    }
    messages_[task] = message;
    fail(task, task);
}

void Scheduler::stopped(int worker, TaskIndex task)
{
    if (take_back(worker, task)) settle(task);
}

void Scheduler::input_lost(int worker, TaskIndex task, TaskIndex producer)
{
    auto const inputs = table_.inputs(task);
    ABLATRIX_EXPECT(std::find(inputs.begin(), inputs.end(), producer) != inputs.end());
    if (!take_back(worker, task)) return;
    nodes_[task].state = TaskState::waiting;  // so that it hears of what happens to the producer
    // Another task may have missed the same output before: then it is being remade already.
    if (nodes_[producer].state == TaskState::done) {
        make_unavailable(producer);
        if (++nodes_[producer].remakes > options_.remake_limit) {
            want(producer);
            messages_[producer] = "its output was damaged or missing " + std::to_string(nodes_[producer].remakes) +
                                  " times, although it was made again. Check the disk under the cache folder";
            fail(producer, producer);
        }
        else {
            demand_again(producer);
        }
    }
    if (nodes_[task].state == TaskState::waiting) settle(task);
}

void Scheduler::worker_lost(int worker)
{
    Worker& entry = workers_.at(static_cast<std::size_t>(worker));
    if (!entry.active) return;
    entry.active = false;
    --n_workers_;
    entry.local.clear();
    auto const held = entry.held;
    for (std::size_t i = 0; i < held.size(); ++i) {
        TaskIndex const task = held[i];
        take_back(worker, task);
        if (i == 0 && ++nodes_[task].crashes >= options_.crash_limit) {
            messages_[task] = "its worker was lost " + std::to_string(nodes_[task].crashes) + " times";
            fail(task, task);
        }
        else {
            settle(task);
        }
    }
}

/// Enter \p task into the books as work to be done.
void Scheduler::want(TaskIndex task)
{
    ++counts_.wanted;
    nodes_[task].state = TaskState::waiting;
    kinds_[table_.row(task).kind].remaining_s += table_.row(task).seconds;
    remaining_estimate_s_ += table_.row(task).seconds;
}

/// Decide anew whether a wanted task that nobody holds is ready, waits or cannot be made.
void Scheduler::settle(TaskIndex task)
{
    Node& node = nodes_[task];
    node.state = TaskState::waiting;
    node.missing = 0;
    for (TaskIndex const input : table_.inputs(task)) {
        if (nodes_[input].state == TaskState::failed) {
            fail(task, nodes_[input].cause);
            return;
        }
        if (nodes_[input].state != TaskState::done) ++node.missing;
    }
    if (node.missing == 0) make_ready(task);
}

bool Scheduler::later(Entry const& a, Entry const& b)
{
    if (a.rank != b.rank) return a.rank < b.rank;
    if (a.run != b.run) return a.run > b.run;
    return a.task > b.task;
}

void Scheduler::make_ready(TaskIndex task)
{
    nodes_[task].state = TaskState::ready;
    ++counts_.ready;
    heap_.push_back({nodes_[task].rank, table_.row(task).run, task});
    std::push_heap(heap_.begin(), heap_.end(), later);
}

void Scheduler::mark_done(TaskIndex task, int worker)
{
    nodes_[task].state = TaskState::done;
    ++counts_.done;
    kinds_[table_.row(task).kind].remaining_s -= table_.row(task).seconds;
    remaining_estimate_s_ -= table_.row(task).seconds;
    auto& local = workers_[static_cast<std::size_t>(worker)].local;
    auto const first = static_cast<std::ptrdiff_t>(local.size());
    for (TaskIndex const dependent : dependents(task)) {
        Node& node = nodes_[dependent];
        if (node.state != TaskState::waiting || --node.missing > 0) continue;
        make_ready(dependent);
        local.push_back(dependent);
    }
    std::sort(local.begin() + first, local.end(), [this](TaskIndex a, TaskIndex b) {
        return later({nodes_[a].rank, table_.row(a).run, a}, {nodes_[b].rank, table_.row(b).run, b});
    });
}

/// The output of a done task is gone: what is ready because of it waits again.
void Scheduler::make_unavailable(TaskIndex task)
{
    // A task that was present at the start was never counted as wanted.
    Node& node = nodes_[task];
    bool const was_wanted = !std::isnan(node.first_start_s);
    node.state = TaskState::idle;
    if (was_wanted) {
        --counts_.done;
        --counts_.wanted;
    }
    for (TaskIndex const dependent : dependents(task)) {
        Node& other = nodes_[dependent];
        if (other.state == TaskState::ready) {
            other.state = TaskState::waiting;
            other.missing = 1;
            --counts_.ready;
        }
        else if (other.state == TaskState::waiting) {
            ++other.missing;
        }
    }
}

/// Want \p task, and of what it needs whatever nobody wanted so far.
void Scheduler::demand_again(TaskIndex task)
{
    std::vector<TaskIndex> wanted = {task};
    want(task);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        for (TaskIndex const input : table_.inputs(wanted[i])) {
            if (nodes_[input].state != TaskState::idle) continue;
            want(input);
            wanted.push_back(input);
        }
    }
    // Inputs have smaller indices than their readers: a task settles after what it needs, and hears of its failure.
    std::sort(wanted.begin(), wanted.end());
    for (TaskIndex const t : wanted) {
        if (nodes_[t].state == TaskState::waiting) settle(t);
    }
}

void Scheduler::fail(TaskIndex task, TaskIndex cause)
{
    std::vector<TaskIndex> open = {task};
    while (!open.empty()) {
        TaskIndex const t = open.back();
        open.pop_back();
        Node& node = nodes_[t];
        if (node.state == TaskState::failed) continue;
        node.state = TaskState::failed;
        node.cause = cause;
        ++counts_.failed;
        kinds_[table_.row(t).kind].remaining_s -= table_.row(t).seconds;
        remaining_estimate_s_ -= table_.row(t).seconds;
        failures_.push_back({t, cause});
        for (TaskIndex const dependent : dependents(t)) {
            if (nodes_[dependent].state == TaskState::waiting) open.push_back(dependent);
        }
    }
}

bool Scheduler::take_back(int worker, TaskIndex task)
{
    if (worker < 0 || static_cast<std::size_t>(worker) >= workers_.size()) return false;
    auto& held = workers_[static_cast<std::size_t>(worker)].held;
    auto const place = std::find(held.begin(), held.end(), task);
    if (place == held.end()) return false;
    held.erase(place);
    --in_flight_;
    --counts_.running;
    list_worker(worker);
    return true;
}

/// Remember that \p worker can take more.
void Scheduler::list_worker(int worker)
{
    Worker& entry = workers_[static_cast<std::size_t>(worker)];
    if (!entry.active) return;
    if (entry.held.empty()) {
        if (!std::exchange(entry.listed_idle, true)) idle_workers_.push_back(worker);
    }
    else if (entry.held.size() < static_cast<std::size_t>(options_.in_flight)) {
        if (!std::exchange(entry.listed_ahead, true)) ahead_workers_.push_back(worker);
    }
}

std::span<Assignment const> Scheduler::assign(double now_s)
{
    assignments_.clear();
    if (draining_) return assignments_;
    while (counts_.ready > 0 && !idle_workers_.empty()) {
        int const worker = idle_workers_.back();
        idle_workers_.pop_back();
        Worker& entry = workers_[static_cast<std::size_t>(worker)];
        entry.listed_idle = false;
        if (entry.active && entry.held.empty()) give(worker, now_s);
    }
    // Nobody is idle now, or nothing is ready. Near the end a task sent ahead could wait behind a long one while
    // another worker runs dry: then it stays here.
    while (counts_.ready >= static_cast<std::size_t>(n_workers_) && counts_.ready > 0 && !ahead_workers_.empty()) {
        int const worker = ahead_workers_.back();
        ahead_workers_.pop_back();
        Worker& entry = workers_[static_cast<std::size_t>(worker)];
        entry.listed_ahead = false;
        if (!entry.active || entry.held.empty() || entry.held.size() >= static_cast<std::size_t>(options_.in_flight)) {
            continue;
        }
        if (may_send_ahead(entry)) give(worker, now_s);
    }
    return assignments_;
}

bool Scheduler::may_send_ahead(Worker const& worker) const
{
    TaskIndex const current = worker.held.back();
    KindUse const& kind = kinds_[table_.row(current).kind];
    bool const known = kind.learned || kind.estimated_s > 0;
    return known && expected_seconds(current) < options_.prefetch_below_s;
}

/// The best task for \p worker that ends before the deadline, if there is one.
void Scheduler::give(int worker, double now_s)
{
    while (counts_.ready > 0) {
        TaskIndex const task = pick(worker);
        if (ends_in_time(worker, task, now_s)) {
            hand_out(worker, task, now_s);
            return;
        }
        refuse(task);
    }
    list_worker(worker);
}

bool Scheduler::ends_in_time(int worker, TaskIndex task, double now_s) const
{
    if (std::isinf(deadline_s_)) return true;
    double start_s = now_s;
    for (TaskIndex const before : workers_[static_cast<std::size_t>(worker)].held)
        start_s += expected_seconds(before);
    if (table_.row(task).can_be_continued && start_s + options_.least_useful_s <= deadline_s_) return true;
    return start_s + options_.admission_margin * expected_seconds(task) <= deadline_s_;
}

void Scheduler::refuse(TaskIndex task)
{
    nodes_[task].state = TaskState::refused;
    --counts_.ready;
    ++counts_.refused;
    shortest_refused_s_ = std::min(shortest_refused_s_, expected_seconds(task));
}

void Scheduler::hand_out(int worker, TaskIndex task, double now_s)
{
    Node& node = nodes_[task];
    node.state = TaskState::running;
    --counts_.ready;
    ++counts_.running;
    ++in_flight_;
    double first = now_s;
    for (TaskIndex const input : table_.inputs(task)) {
        if (nodes_[input].first_start_s < first) first = nodes_[input].first_start_s;
    }
    if (!(node.first_start_s <= first)) node.first_start_s = first;
    workers_[static_cast<std::size_t>(worker)].held.push_back(task);
    assignments_.push_back({worker, task, 1 + node.failures + node.crashes, node.first_start_s});
    list_worker(worker);
}

/// The best ready task for \p worker; there is one.
TaskIndex Scheduler::pick(int worker)
{
    auto const stale = [this](TaskIndex task) { return nodes_[task].state != TaskState::ready; };
    auto const drop_top = [this] {
        std::pop_heap(heap_.begin(), heap_.end(), later);
        heap_.pop_back();
    };
    while (stale(heap_.front().task))
        drop_top();
    auto& local = workers_[static_cast<std::size_t>(worker)].local;
    while (!local.empty() && stale(local.back()))
        local.pop_back();
    // While the load per worker is far longer than the longest chain, no order of work changes the end, and the worker
    // goes on with what it has in memory: inputs stay warm and runs get complete early. Afterwards rank decides.
    double const load = remaining_estimate_s_ / std::max(1, n_workers_);
    if (!local.empty() && 2 * heap_.front().rank <= load) {
        TaskIndex const task = local.back();
        local.pop_back();
        return task;  // its entry in the heap is stale from now on
    }
    TaskIndex const task = heap_.front().task;
    drop_top();
    return task;
}

std::vector<Failure> Scheduler::take_failures()
{
    return std::exchange(failures_, {});
}

double Scheduler::expected_seconds(TaskIndex task) const
{
    TaskRow const& row = table_.row(task);
    return row.seconds * ratio(kinds_[row.kind]);
}

double Scheduler::remaining_work_s() const
{
    double sum = 0;
    for (KindUse const& kind : kinds_)
        sum += std::max(0.0, kind.remaining_s) * ratio(kind);
    return sum;
}

double Scheduler::remaining_time_s() const
{
    double const work = remaining_work_s();
    double chain = heap_.empty() ? 0.0 : heap_.front().rank;
    for (Worker const& worker : workers_) {
        if (!worker.held.empty()) chain = std::max(chain, nodes_[worker.held.front()].rank);
    }
    // Ranks are uncorrected estimates; scale them as the work as a whole turned out.
    double const correction = remaining_estimate_s_ > 0 ? work / remaining_estimate_s_ : 0.0;
    return std::max(work / std::max(1, n_workers_), chain * correction);
}

}  // namespace ablatrix::sched
