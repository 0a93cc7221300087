namespace VboxMem.Tui.Why;

/// <summary>What the causes of the file <c>stalls</c> mean.</summary>
internal static class StallWords
{
    /// <summary>In a few words, for a column.</summary>
    public static string Short(string cause) => cause switch
    {
        "direct_reclaim" => "frees memory for itself",
        "direct_compact" => "moves pages for a block of its own",
        "throttle_reserve" => "waits for kswapd: reserve half empty",
        "throttle_writeback" => "reclaim waits for pages being written",
        "throttle_isolated" => "reclaim waits: too many pages taken off",
        "throttle_noprogress" => "reclaim waits: a round freed nothing",
        "throttle_congested" => "reclaim waits: dirty pages all queued",
        "oom_kill" => "waits for an OOM kill",
        "dirty_throttle" => "dirtied faster than its disk writes",
        "swap_in" => "a page comes back from swap",
        "file_read" => "a page of a file is read",
        "page_lock" => "somebody holds a page it needs",
        "writeback" => "a page it needs is being written",
        "disk_queue" => "a disk's queue is full",
        "mmap_lock" => "another thread changes their memory",
        _ => cause,
    };

    /// <summary>In full.</summary>
    public static string Long(string cause) => cause switch
    {
        "direct_reclaim" => "It asked for memory, no zone was above its min mark, and kswapd did not keep up: so it goes through the LRU lists itself and frees pages until its request can be met.",
        "direct_compact" => "It asked for a block of pages that lie together, such as a huge page, and none was free: so it moves pages of others out of the way itself.",
        "throttle_reserve" => "It would reclaim for itself, but less than half of the reserve below min is left, which reclaim itself lives on: it is held until kswapd has freed some.",
        "throttle_writeback" => "While reclaiming it met pages that are being written just now. It pauses for writing to get on, instead of burning CPU on lists that have nothing else.",
        "throttle_isolated" => "So many pages have been taken off the lists by others who reclaim that it waits for some to be put back.",
        "throttle_noprogress" => "A round of reclaim freed nothing: it pauses before the next one.",
        "throttle_congested" => "All dirty pages that reclaim met are queued for writing already: it pauses until some are clean.",
        "oom_kill" => "Somebody is being killed for want of memory; it waits a moment for that memory before it asks again.",
        "dirty_throttle" => "It writes to files faster than their disk takes it. Dirty pages have passed the threshold, so it is made to wait in proportion.",
        "swap_in" => "It touched a page that had been swapped out: the page is being read from the swap area.",
        "file_read" => "It needs a page of a file, or of a program's text, that is not in the page cache: it is being read.",
        "page_lock" => "The page it needs is locked by somebody else, who reads it in or works on it.",
        "writeback" => "The page it needs is being written, and must not change until that is done.",
        "disk_queue" => "The queue of the disk has no room for its request.",
        "mmap_lock" => "Another thread of its process changes the memory map that they share.",
        _ => "",
    };
}
