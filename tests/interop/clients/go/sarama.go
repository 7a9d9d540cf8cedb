package main

import (
	"context"
	"fmt"
	"time"

	"github.com/IBM/sarama"
)

type saramaClient struct{ broker string }

func enc(x []byte) sarama.Encoder {
	if x == nil {
		return nil
	}
	return sarama.ByteEncoder(x)
}

func config() *sarama.Config {
	c := sarama.NewConfig()
	c.Consumer.MaxWaitTime = 50 * time.Millisecond
	c.Version = sarama.V2_8_0_0
	c.Producer.Return.Successes = true
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Producer.Partitioner = sarama.NewManualPartitioner
	return c
}

func (s saramaClient) write(topic, codec string, recs []record) error {
	c := config()
	if err := c.Producer.Compression.UnmarshalText([]byte(codec)); err != nil {
		return err
	}
	p, err := sarama.NewSyncProducer([]string{s.broker}, c)
	if err != nil {
		return err
	}
	defer p.Close()
	var msgs []*sarama.ProducerMessage
	for _, r := range recs {
		m := &sarama.ProducerMessage{Topic: topic, Timestamp: time.UnixMilli(r.ts), Key: enc(r.key), Value: enc(r.value)}
		for _, h := range r.headers {
			m.Headers = append(m.Headers, sarama.RecordHeader{Key: []byte(h.name), Value: h.value})
		}
		msgs = append(msgs, m)
	}
	return p.SendMessages(msgs)
}

func (s saramaClient) read(topic string, each func(record)) error {
	cl, err := sarama.NewClient([]string{s.broker}, config())
	if err != nil {
		return err
	}
	defer cl.Close()
	end, err := cl.GetOffset(topic, 0, sarama.OffsetNewest)
	if err != nil {
		return err
	}
	c, err := sarama.NewConsumerFromClient(cl)
	if err != nil {
		return err
	}
	defer c.Close()
	pc, err := c.ConsumePartition(topic, 0, sarama.OffsetOldest)
	if err != nil {
		return err
	}
	defer pc.Close()
	for next := int64(0); next < end; {
		select {
		case m := <-pc.Messages():
			next = m.Offset + 1
			r := record{offset: m.Offset, ts: m.Timestamp.UnixMilli(), key: m.Key, value: m.Value}
			for _, h := range m.Headers {
				r.headers = append(r.headers, header{string(h.Key), h.Value})
			}
			each(r)
		case <-time.After(10 * time.Second):
			return fmt.Errorf("%s: nothing for 10 s at %d of %d", topic, next, end)
		}
	}
	return nil
}

type member struct{ seen chan []byte }

func (m member) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (m member) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (m member) ConsumeClaim(s sarama.ConsumerGroupSession, c sarama.ConsumerGroupClaim) error {
	for {
		select {
		case r, more := <-c.Messages():
			if !more {
				return nil
			}
			s.MarkMessage(r, "")
			m.seen <- r.Value
		case <-s.Context().Done():
			return nil
		}
	}
}

func (s saramaClient) group(topic, name string, each func([]byte)) error {
	c := config()
	c.Consumer.Offsets.Initial = sarama.OffsetOldest
	g, err := sarama.NewConsumerGroup([]string{s.broker}, name, c)
	if err != nil {
		return err
	}
	m := member{make(chan []byte)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		for ctx.Err() == nil {
			if err := g.Consume(ctx, []string{topic}, m); err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	for wait := 20 * time.Second; wait > 0; {
		select {
		case v := <-m.seen:
			each(v)
			wait = 2 * time.Second
		case err := <-ended:
			return err
		case <-time.After(wait):
			wait = 0
		}
	}
	cancel()
	if err := <-ended; err != nil {
		return err
	}
	return g.Close()
}

func (s saramaClient) txn(topic, group string) error {
	c := config()
	c.Producer.Idempotent = true
	c.Producer.Transaction.ID = "sarama"
	c.Net.MaxOpenRequests = 1
	p, err := sarama.NewSyncProducer([]string{s.broker}, c)
	if err != nil {
		return err
	}
	defer p.Close()
	for i := 0; i < 6; i++ {
		if err := p.BeginTxn(); err != nil {
			return err
		}
		for _, x := range []string{"a", "b"} {
			m := &sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(fmt.Sprintf("%d-%s", i, x))}
			if _, _, err := p.SendMessage(m); err != nil {
				return err
			}
		}
		offsets := map[string][]*sarama.PartitionOffsetMetadata{topic: {{Partition: 0, Offset: int64(i)}}}
		if err := p.AddOffsetsToTxn(offsets, group); err != nil {
			return err
		}
		if i%2 == 0 {
			err = p.CommitTxn()
		} else {
			err = p.AbortTxn()
		}
		if err != nil {
			return err
		}
	}
	return nil
}
