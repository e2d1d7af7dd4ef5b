//! An ordered map whose clones share what they have in common.
//!
//! A B+ tree of reference-counted nodes. A clone copies one pointer; a change copies the nodes on
//! its path that a clone still holds, and none where nobody does. That is what makes a database at a
//! point a value: a view keeps its tree while the writer goes on with another.

use std::borrow::Borrow;
use std::sync::Arc;

/// The most entries of a leaf and children of an inner node.
const FANOUT: usize = 64;

/// An ordered map with cheap clones.
#[derive(Clone, Debug)]
pub struct Tree<K, V> {
    root: Arc<TreeNode<K, V>>,
    len: usize,
}

#[derive(Clone, Debug)]
enum TreeNode<K, V> {
    Leaf {
        keys: Vec<K>,
        values: Vec<V>,
    },
    /// `firsts[i]` is at most every key of `children[i]` and above every key of `children[i - 1]`.
    Inner {
        firsts: Vec<K>,
        children: Vec<Arc<TreeNode<K, V>>>,
    },
}

impl<K, V> Default for Tree<K, V> {
    fn default() -> Self {
        Tree { root: Arc::new(TreeNode::Leaf { keys: Vec::new(), values: Vec::new() }), len: 0 }
    }
}

/// The child in which `key` belongs.
fn child_of<K: Borrow<Q>, Q: Ord + ?Sized>(firsts: &[K], key: &Q) -> usize {
    firsts.partition_point(|first| first.borrow() <= key).saturating_sub(1)
}

impl<K: Ord + Clone, V: Clone> Tree<K, V> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let mut node = &*self.root;
        loop {
            match node {
                TreeNode::Inner { firsts, children } => node = &children[child_of(firsts, key)],
                TreeNode::Leaf { keys, values } => {
                    let at = keys.binary_search_by(|k| k.borrow().cmp(key)).ok()?;
                    return Some(&values[at]);
                }
            }
        }
    }

    /// The value of a key, to be changed. Copies the path to it only where a clone shares it.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let mut node = Arc::make_mut(&mut self.root);
        loop {
            match node {
                TreeNode::Inner { firsts, children } => {
                    let at = child_of(firsts, key);
                    node = Arc::make_mut(&mut children[at]);
                }
                TreeNode::Leaf { keys, values } => {
                    let at = keys.binary_search_by(|k| k.borrow().cmp(key)).ok()?;
                    return Some(&mut values[at]);
                }
            }
        }
    }

    /// Sets the value of a key and gives the one it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let (replaced, split) = insert(Arc::make_mut(&mut self.root), key, value);
        self.len += usize::from(replaced.is_none());
        if let Some((first, right)) = split {
            let left = Arc::clone(&self.root);
            // The left half's bound is only ever compared with keys to its right.
            let lowest = lowest(&left).unwrap_or_else(|| first.clone());
            self.root = Arc::new(TreeNode::Inner {
                firsts: vec![lowest, first],
                children: vec![left, Arc::new(right)],
            });
        }
        replaced
    }

    /// Takes a key out and gives the value it had. Nodes may stay small; empty ones go.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.get(key)?;
        let removed = remove(Arc::make_mut(&mut self.root), key);
        self.len -= usize::from(removed.is_some());
        removed
    }

    /// All entries in order of their keys.
    pub fn iter(&self) -> TreeIter<'_, K, V> {
        let mut iter = TreeIter { stack: Vec::new() };
        iter.descend(&self.root);
        iter
    }

    /// The entries from the first key that is not below `key`, in order.
    pub fn iter_from<Q: Ord + ?Sized>(&self, key: &Q) -> TreeIter<'_, K, V>
    where
        K: Borrow<Q>,
    {
        let mut iter = TreeIter { stack: Vec::new() };
        let mut node = &*self.root;
        loop {
            match node {
                TreeNode::Inner { firsts, children } => {
                    let at = child_of(firsts, key);
                    iter.stack.push((node, at + 1));
                    node = &children[at];
                }
                TreeNode::Leaf { keys, .. } => {
                    iter.stack.push((node, keys.partition_point(|k| k.borrow() < key)));
                    return iter;
                }
            }
        }
    }

    /// All entries, the largest key first.
    pub fn iter_rev(&self) -> impl Iterator<Item = (&K, &V)> {
        let mut stack = vec![(&*self.root, self.root.size())];
        std::iter::from_fn(move || {
            loop {
                let (node, at) = stack.pop()?;
                let Some(at) = at.checked_sub(1) else {
                    continue;
                };
                stack.push((node, at));
                match node {
                    TreeNode::Leaf { keys, values } => return Some((&keys[at], &values[at])),
                    TreeNode::Inner { children, .. } => {
                        stack.push((&children[at], children[at].size()));
                    }
                }
            }
        })
    }
}

impl<K, V> TreeNode<K, V> {
    fn size(&self) -> usize {
        match self {
            TreeNode::Leaf { keys, .. } => keys.len(),
            TreeNode::Inner { children, .. } => children.len(),
        }
    }
}

fn lowest<K: Clone, V>(node: &TreeNode<K, V>) -> Option<K> {
    match node {
        TreeNode::Leaf { keys, .. } => keys.first().cloned(),
        TreeNode::Inner { firsts, .. } => firsts.first().cloned(),
    }
}

type Split<K, V> = Option<(K, TreeNode<K, V>)>;

fn insert<K: Ord + Clone, V: Clone>(
    node: &mut TreeNode<K, V>,
    key: K,
    value: V,
) -> (Option<V>, Split<K, V>) {
    match node {
        TreeNode::Leaf { keys, values } => match keys.binary_search(&key) {
            Ok(at) => (Some(std::mem::replace(&mut values[at], value)), None),
            Err(at) => {
                let appended = at == keys.len();
                keys.insert(at, key);
                values.insert(at, value);
                if keys.len() <= FANOUT {
                    return (None, None);
                }
                // Keys that only ever grow leave full leaves behind instead of half empty ones.
                let middle = if appended { FANOUT } else { FANOUT / 2 };
                let right = TreeNode::Leaf {
                    keys: keys.split_off(middle),
                    values: values.split_off(middle),
                };
                (None, lowest(&right).map(|first| (first, right)))
            }
        },
        TreeNode::Inner { firsts, children } => {
            let at = child_of(firsts, &key);
            let (replaced, split) = insert(Arc::make_mut(&mut children[at]), key, value);
            let Some((first, right)) = split else {
                return (replaced, None);
            };
            let appended = at + 1 == children.len();
            firsts.insert(at + 1, first);
            children.insert(at + 1, Arc::new(right));
            if children.len() <= FANOUT {
                return (replaced, None);
            }
            let middle = if appended { FANOUT } else { FANOUT / 2 };
            let right = TreeNode::Inner {
                firsts: firsts.split_off(middle),
                children: children.split_off(middle),
            };
            (replaced, lowest(&right).map(|first| (first, right)))
        }
    }
}

fn remove<K: Ord + Clone + Borrow<Q>, V: Clone, Q: Ord + ?Sized>(
    node: &mut TreeNode<K, V>,
    key: &Q,
) -> Option<V> {
    match node {
        TreeNode::Leaf { keys, values } => {
            let at = keys.binary_search_by(|k| k.borrow().cmp(key)).ok()?;
            keys.remove(at);
            Some(values.remove(at))
        }
        TreeNode::Inner { firsts, children } => {
            let at = child_of(firsts, key);
            let removed = remove(Arc::make_mut(&mut children[at]), key);
            if children[at].size() == 0 && children.len() > 1 {
                firsts.remove(at);
                children.remove(at);
            }
            removed
        }
    }
}

/// The entries of a [`Tree`] in order.
#[derive(Debug)]
pub struct TreeIter<'a, K, V> {
    stack: Vec<(&'a TreeNode<K, V>, usize)>,
}

impl<'a, K, V> TreeIter<'a, K, V> {
    fn descend(&mut self, mut node: &'a TreeNode<K, V>) {
        loop {
            match node {
                TreeNode::Inner { children, .. } => {
                    self.stack.push((node, 1));
                    node = &children[0];
                }
                TreeNode::Leaf { .. } => {
                    self.stack.push((node, 0));
                    return;
                }
            }
        }
    }
}

impl<'a, K, V> Iterator for TreeIter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (node, at) = self.stack.pop()?;
            match node {
                TreeNode::Leaf { keys, values } if at < keys.len() => {
                    self.stack.push((node, at + 1));
                    return Some((&keys[at], &values[at]));
                }
                TreeNode::Inner { children, .. } if at < children.len() => {
                    self.stack.push((node, at + 1));
                    self.descend(&children[at]);
                }
                TreeNode::Leaf { .. } | TreeNode::Inner { .. } => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_is_a_map_and_clones_keep_their_state(
            steps in proptest::collection::vec((any::<bool>(), 0u16..600), 0..2000),
        ) {
            let (mut tree, mut model) = (Tree::default(), BTreeMap::new());
            let mut kept = Vec::new();
            for (at, (put, key)) in steps.into_iter().enumerate() {
                if put {
                    prop_assert_eq!(tree.insert(key, at), model.insert(key, at));
                } else {
                    prop_assert_eq!(tree.remove(&key), model.remove(&key));
                }
                if at % 300 == 0 {
                    kept.push((tree.clone(), model.clone()));
                }
            }
            kept.push((tree, model));
            for (tree, model) in &kept {
                prop_assert_eq!(tree.len(), model.len());
                prop_assert!(tree.iter().eq(model.iter()));
                prop_assert!(tree.iter_rev().eq(model.iter().rev()));
                for key in (0..600).step_by(7) {
                    prop_assert_eq!(tree.get(&key), model.get(&key));
                    prop_assert!(tree.iter_from(&key).eq(model.range(key..)));
                }
            }
        }
    }

    #[test]
    fn growing_keys_fill_their_leaves() {
        let mut tree = Tree::default();
        for key in 0..100_000_u32 {
            tree.insert(key, key);
        }
        assert!(tree.iter().map(|(key, _)| *key).eq(0..100_000));
        *tree.get_mut(&77_777).expect("inserted above") = 1;
        assert_eq!(tree.get(&77_777), Some(&1));
    }
}
