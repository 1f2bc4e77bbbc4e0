-- queue, 1 or 0, by whom.
redis.call('SADD', P .. 'queues', ARGV[1])
redis.call('HSET', P .. 'queue:' .. ARGV[1], 'paused', ARGV[2], 'by', ARGV[3])
redis.call('INCR', P .. 'seq')
return 1
