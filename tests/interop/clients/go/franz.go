package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

type franz struct{ broker string }

var codecs = map[string]kgo.CompressionCodec{
	"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
	"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}

func (f franz) write(topic, codec string, recs []record) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cl, err := kgo.NewClient(kgo.SeedBrokers(f.broker), kgo.ProducerBatchCompression(codecs[codec]),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.AllowAutoTopicCreation())
	if err != nil {
		return err
	}
	defer cl.Close()
	var out []*kgo.Record
	for _, r := range recs {
		k := &kgo.Record{Topic: topic, Timestamp: time.UnixMilli(r.ts), Key: r.key, Value: r.value}
		for _, h := range r.headers {
			k.Headers = append(k.Headers, kgo.RecordHeader{Key: h.name, Value: h.value})
		}
		out = append(out, k)
	}
	return cl.ProduceSync(ctx, out...).FirstErr()
}

func (f franz) end(ctx context.Context, cl *kgo.Client, topic string) (int64, error) {
	req := kmsg.NewPtrListOffsetsRequest()
	req.ReplicaID = -1
	t := kmsg.NewListOffsetsRequestTopic()
	t.Topic = topic
	p := kmsg.NewListOffsetsRequestTopicPartition()
	p.Timestamp = -1
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	rsp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return 0, err
	}
	return rsp.Topics[0].Partitions[0].Offset, nil
}

func (f franz) read(topic string, each func(record)) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cl, err := kgo.NewClient(kgo.SeedBrokers(f.broker), kgo.ConsumePartitions(
		map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}))
	if err != nil {
		return err
	}
	defer cl.Close()
	last, err := f.end(ctx, cl, topic)
	for next := int64(0); err == nil && next < last; {
		fs := cl.PollFetches(ctx)
		err = fs.Err()
		fs.EachRecord(func(k *kgo.Record) {
			next = k.Offset + 1
			r := record{offset: k.Offset, ts: k.Timestamp.UnixMilli(), key: k.Key, value: k.Value}
			for _, h := range k.Headers {
				r.headers = append(r.headers, header{h.Key, h.Value})
			}
			each(r)
		})
	}
	return err
}

func (f franz) group(topic, name string, each func([]byte)) error {
	cl, err := kgo.NewClient(kgo.SeedBrokers(f.broker), kgo.ConsumerGroup(name), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer cl.Close()
	for wait := 20 * time.Second; ; {
		ctx, cancel := context.WithTimeout(context.Background(), wait)
		got := cl.PollFetches(ctx)
		cancel()
		if ctx.Err() != nil && got.NumRecords() == 0 {
			break
		}
		got.EachRecord(func(r *kgo.Record) {
			each(r.Value)
			wait = 2 * time.Second
		})
	}
	return cl.CommitUncommittedOffsets(context.Background())
}

// member prints values as a member of a group until it is told to end.
func (f franz) member(group, topic, assignor string) error {
	balancers := map[string]kgo.GroupBalancer{
		"range": kgo.RangeBalancer(), "roundrobin": kgo.RoundRobinBalancer(),
		"sticky": kgo.StickyBalancer(), "cooperative-sticky": kgo.CooperativeStickyBalancer()}
	cl, err := kgo.NewClient(kgo.SeedBrokers(f.broker), kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic),
		kgo.Balancers(balancers[assignor]), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.HeartbeatInterval(200*time.Millisecond), kgo.FetchMaxWait(50*time.Millisecond), kgo.BlockRebalanceOnPoll())
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	for ctx.Err() == nil {
		poll, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		fetches := cl.PollFetches(poll)
		cancel()
		fetches.EachRecord(func(r *kgo.Record) { fmt.Fprintln(os.Stdout, string(r.Value)) })
		cl.AllowRebalance()
	}
	err = cl.CommitUncommittedOffsets(context.Background())
	cl.CloseAllowingRebalance()
	return err
}

func (f franz) txn(topic, group string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	cl, err := kgo.NewClient(kgo.SeedBrokers(f.broker), kgo.TransactionalID("franz"),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return err
	}
	defer cl.Close()
	for i := 0; i < 6; i++ {
		if err := cl.BeginTransaction(); err != nil {
			return err
		}
		for _, x := range []string{"a", "b"} {
			r := &kgo.Record{Topic: topic, Value: []byte(fmt.Sprintf("%d-%s", i, x))}
			if err := cl.ProduceSync(ctx, r).FirstErr(); err != nil {
				return err
			}
		}
		if err := f.commit(ctx, cl, topic, group, int64(i)); err != nil {
			return err
		}
		if err := cl.EndTransaction(ctx, i%2 == 0); err != nil {
			return err
		}
	}
	return nil
}

// commit adds an offset to the open transaction, request by request.
func (f franz) commit(ctx context.Context, cl *kgo.Client, topic, group string, offset int64) error {
	id, epoch, err := cl.ProducerID(ctx)
	if err != nil {
		return err
	}
	add := kmsg.NewPtrAddOffsetsToTxnRequest()
	add.TransactionalID, add.ProducerID, add.ProducerEpoch, add.Group = "franz", id, epoch, group
	added, err := add.RequestWith(ctx, cl)
	if err == nil {
		err = kerr.ErrorForCode(added.ErrorCode)
	}
	if err != nil {
		return err
	}
	c := kmsg.NewPtrTxnOffsetCommitRequest()
	c.TransactionalID, c.ProducerID, c.ProducerEpoch, c.Group = "franz", id, epoch, group
	p := kmsg.NewTxnOffsetCommitRequestTopicPartition()
	p.Offset = offset
	c.Topics = []kmsg.TxnOffsetCommitRequestTopic{{Topic: topic, Partitions: []kmsg.TxnOffsetCommitRequestTopicPartition{p}}}
	committed, err := c.RequestWith(ctx, cl)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(committed.Topics[0].Partitions[0].ErrorCode)
}
