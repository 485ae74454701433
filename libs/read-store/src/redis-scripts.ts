/**
 * The four writes that must be one step on the server, and two reads that would be hundreds of commands. Each touches keys of one hash slot
 * only. Positions in the progress record are padded to 20 digits, so that they compare as text: Lua's numbers lose whole numbers above 2^53.
 */

/**
 * KEYS: documents, then the indexes that change. ARGV: the checkpoint read ('' for none), the new one, for each index the numbers of members
 * to add and to remove, and they, then the number of documents to set and their key and text in turn, and the number to remove and their keys.
 * A script that fails is not undone, and of these commands only those on the indexes can (a key that somebody else put there): they go first, because
 * to do them again changes nothing, while a balance that was stored without its checkpoint would be counted twice. The checkpoint is the field '' of the documents, so a read of both is of one moment.
 */
const commitPartition = `
local checkpoint = redis.call('HGET', KEYS[1], '')
if (checkpoint or '') ~= ARGV[1] then return 0 end
local at = 3
local function take(count, stride, each)
  local last = at + count * stride - 1
  while at <= last do
    local upto = math.min(at + 1999, last)
    each(at, upto)
    at = upto + 1
  end
end
local function counted()
  local count = tonumber(ARGV[at])
  at = at + 1
  return count
end
for index = 2, #KEYS do
  local added, removed = counted(), counted()
  take(added, 1, function(from, upto)
    local members = {}
    for member = from, upto do
      members[#members + 1] = 0
      members[#members + 1] = ARGV[member]
    end
    redis.call('ZADD', KEYS[index], unpack(members))
  end)
  take(removed, 1, function(from, upto) redis.call('ZREM', KEYS[index], unpack(ARGV, from, upto)) end)
end
take(counted(), 2, function(from, upto) redis.call('HSET', KEYS[1], unpack(ARGV, from, upto)) end)
take(counted(), 1, function(from, upto) redis.call('HDEL', KEYS[1], unpack(ARGV, from, upto)) end)
redis.call('HSET', KEYS[1], '', ARGV[2])
return 1
`;

/** KEYS: a progress record. ARGV: its life, the position known of it ('' for none), the new position, and why it stopped ('' when it runs). */
const moveProgress = `
local record = redis.call('HMGET', KEYS[1], 'life', 'position')
local position = record[2] or ''
if record[1] ~= ARGV[1] or position < ARGV[2] then return 0 end
if position > ARGV[3] then return 1 end
redis.call('HSET', KEYS[1], 'position', ARGV[3])
if ARGV[4] == '' then redis.call('HDEL', KEYS[1], 'stopped') else redis.call('HSET', KEYS[1], 'stopped', ARGV[4]) end
return 1
`;

/** KEYS: the versions of a projection. ARGV: the version to serve from. Answers the version that serves. */
const serveVersion = `
local serving = tonumber(redis.call('HGET', KEYS[1], 'serving') or '0')
if tonumber(ARGV[1]) <= serving then return serving end
redis.call('HSET', KEYS[1], 'serving', ARGV[1])
return tonumber(ARGV[1])
`;

/** KEYS: the versions of a projection. ARGV: a version, and the mark that it was given before it was dropped. One that was begun again stays. */
const forgetVersion = `
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end
return 0
`;

/** KEYS: indexes, the same one as often as there are ranges in it. ARGV: for each the low and the high bound. Answers how many lie between. */
const countRanges = `
local counts = {}
for at = 1, #KEYS do counts[at] = redis.call('ZLEXCOUNT', KEYS[at], ARGV[2 * at - 1], ARGV[2 * at]) end
return counts
`;

/** KEYS: indexes. ARGV: for each the command that reads in its direction, its first and second bound, and how many at most. */
const readRanges = `
local found = {}
for at = 1, #KEYS do
  found[at] = redis.call(ARGV[4 * at - 3], KEYS[at], ARGV[4 * at - 2], ARGV[4 * at - 1], 'LIMIT', 0, ARGV[4 * at])
end
return found
`;

export const redisScripts = {
  countRanges: { lua: countRanges },
  readRanges: { lua: readRanges },
  commitPartition: { lua: commitPartition },
  moveProgress: { lua: moveProgress, numberOfKeys: 1 },
  serveVersion: { lua: serveVersion, numberOfKeys: 1 },
  forgetVersion: { lua: forgetVersion, numberOfKeys: 1 },
};
